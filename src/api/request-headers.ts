// The allow-list of request headers that the bridge forwards to S3.
import { Fault } from '../errors/fault.ts';
import type { CallerRequest } from '../runtime/caller-exchange.ts';
import { ifRange } from '../s3/if-range.ts';
import type { IfRange } from '../s3/if-range.ts';

/**
 * Headers for ranges and conditions (S3 API Reference, GetObject). They are forwarded unsigned, because S3 does not require a
 * signature for them.
 */
const SENT = ['range', 'if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'] as const;

/**
 * Headers that are forwarded and signed, because S3 requires a signature for every `x-amz-…` header. `x-amz-request-payer` is
 * omitted, because only the configuration sets it.
 */
const SIGNED = [
  'x-amz-checksum-mode',
  'x-amz-max-parts',
  'x-amz-object-attributes',
  'x-amz-optional-object-attributes',
  'x-amz-part-number-marker',
  // Headers that are valid only in uploads are forwarded, so that S3 responds with its own 400 (S3 API Reference, GetObject).
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-server-side-encryption-bucket-key-enabled',
  'x-amz-server-side-encryption-context',
  'x-amz-server-side-encryption-customer-algorithm',
  'x-amz-server-side-encryption-customer-key',
  'x-amz-server-side-encryption-customer-key-md5',
] as const;

/** The lower-case names of the headers that are forwarded unchanged. docs/openapi.yaml describes the headers for reads. */
export const FORWARDED_REQUEST_HEADERS: readonly string[] = [...SENT, ...SIGNED];

const RULES: ReadonlyMap<string, 'send' | 'sign'> = new Map([
  ...SENT.map((name) => [name, 'send'] as const),
  ...SIGNED.map((name) => [name, 'sign'] as const),
]);

export interface ForwardedHeaders extends IfRange {
  readonly amzHeaders: readonly (readonly [name: string, value: string])[];
}

/**
 * Returns the header's value to send and sign. Replaces each run of spaces with one space, as AWS does in the canonical
 * request.
 * @throws Fault header_invalid if the value contains bytes that would be encoded differently in the header and in the signature
 */
function signable(name: string, value: string): string {
  if (!/^[\x20-\x7e]*$/.test(value)) throw new Fault('header_invalid', { header: name });
  return value.trim().replace(/ +/g, ' ');
}

/**
 * The header with which a request requires a particular bucket owner. S3 denies the request if the bucket has a different
 * owner.
 */
const OWNER = 'x-amz-expected-bucket-owner';

/**
 * Checks x-amz-expected-bucket-owner for an operation that does not call S3.
 * @throws Fault owner_mismatch, owner_not_checked
 */
export function checkExpectedOwner({ headers }: CallerRequest, configured: string | undefined): void {
  const demanded = headers[OWNER];
  if (demanded === undefined || demanded === configured) return;
  throw new Fault(configured === undefined ? 'owner_not_checked' : 'owner_mismatch');
}

/** Whether the request requires a particular bucket owner. The result is true even if that owner is the configured one. */
export const demandsOwner = ({ headers }: CallerRequest): boolean => headers[OWNER] !== undefined;

/**
 * Returns the request's header for the required owner, to be signed. The list is empty if there is no such header, or if it
 * names the configured owner, which the bridge sends to S3 with every request.
 * @throws Fault header_invalid, owner_mismatch
 */
export function demandedOwner(
  { headers }: Pick<CallerRequest, 'headers'>,
  configured: string | undefined,
): readonly (readonly [name: string, value: string])[] {
  const demanded = headers[OWNER];
  if (typeof demanded !== 'string' || demanded === configured) return [];
  if (configured !== undefined) throw new Fault('owner_mismatch');
  return [[OWNER, signable(OWNER, demanded)]];
}

/**
 * @param expectedOwner the bucket's configured owner
 * @throws Fault header_invalid, owner_mismatch
 */
export function forwardedHeaders({ headers: sent }: CallerRequest, expectedOwner?: string): ForwardedHeaders {
  const headers: string[] = [];
  const amzHeaders: (readonly [string, string])[] = [];
  // Requests have few headers. Measured: looking up each header that may be forwarded takes five times as long.
  for (const name in sent) {
    const rule = RULES.get(name);
    const value = sent[name];
    if (rule === undefined || typeof value !== 'string') continue;
    if (rule === 'sign') amzHeaders.push([name, signable(name, value)]);
    else headers.push(name, value);
  }
  if (sent[OWNER] !== undefined) amzHeaders.push(...demandedOwner({ headers: sent }, expectedOwner));
  const validator = sent['if-range'];
  return typeof validator !== 'string'
    ? { headers, amzHeaders }
    : { ...ifRange(headers, validator), amzHeaders };
}
