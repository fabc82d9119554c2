// Which of a caller's headers are forwarded to S3: an allow-list.
import type { IncomingMessage } from 'node:http';
import { Fault } from '../errors/fault.ts';
import { ifRange } from '../s3/if-range.ts';
import type { IfRange } from '../s3/if-range.ts';

/** Ranges and conditionals (S3 API Reference, GetObject); sent unsigned, as S3 allows. */
const SENT = ['range', 'if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'] as const;

/** S3 requires every `x-amz-…` header to be signed. `x-amz-request-payer` is not among these, as only the configuration sets it. */
const SIGNED = [
  'x-amz-checksum-mode',
  'x-amz-max-parts',
  'x-amz-object-attributes',
  'x-amz-optional-object-attributes',
  'x-amz-part-number-marker',
  // Those about storing are passed on for S3's own 400 (S3 API Reference, GetObject).
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-server-side-encryption-bucket-key-enabled',
  'x-amz-server-side-encryption-context',
  'x-amz-server-side-encryption-customer-algorithm',
  'x-amz-server-side-encryption-customer-key',
  'x-amz-server-side-encryption-customer-key-md5',
] as const;

export interface ForwardedHeaders extends IfRange {
  readonly amzHeaders: readonly (readonly [name: string, value: string])[];
}

/**
 * As it is sent and signed: the canonical request collapses runs of spaces.
 * @throws Fault header_invalid for bytes that the two would write differently
 */
function signable(name: string, value: string): string {
  if (!/^[\x20-\x7e]*$/.test(value)) throw new Fault('header_invalid', { header: name });
  return value.trim().replace(/ +/g, ' ');
}

/** A caller's demand; S3 denies the request if the bucket has another owner. */
const OWNER = 'x-amz-expected-bucket-owner';

/**
 * For an operation that does not call S3.
 * @throws Fault owner_mismatch, owner_not_checked
 */
export function checkExpectedOwner({ headers }: IncomingMessage, configured: string | undefined): void {
  const demanded = headers[OWNER];
  if (demanded === undefined || demanded === configured) return;
  throw new Fault(configured === undefined ? 'owner_not_checked' : 'owner_mismatch');
}

/** Whether the caller demands an owner, be it the configured one. */
export const demandsOwner = ({ headers }: IncomingMessage): boolean => headers[OWNER] !== undefined;

/**
 * A caller's demand, to sign. If the configuration has one, that is sent in any case.
 * @throws Fault header_invalid, owner_mismatch
 */
export function demandedOwner(
  { headers }: Pick<IncomingMessage, 'headers'>,
  configured: string | undefined,
): readonly (readonly [name: string, value: string])[] {
  const demanded = headers[OWNER];
  if (typeof demanded !== 'string' || demanded === configured) return [];
  if (configured !== undefined) throw new Fault('owner_mismatch');
  return [[OWNER, signable(OWNER, demanded)]];
}

/**
 * @param expectedOwner the bucket's, from the configuration
 * @throws Fault header_invalid, owner_mismatch
 */
export function forwardedHeaders(
  { headers: sent }: IncomingMessage,
  expectedOwner?: string,
): ForwardedHeaders {
  const headers: string[] = [];
  for (const name of SENT) {
    const value = sent[name];
    if (value !== undefined) headers.push(name, value);
  }
  const amzHeaders: (readonly [string, string])[] = [];
  for (const name of SIGNED) {
    const value = sent[name];
    if (typeof value === 'string') amzHeaders.push([name, signable(name, value)]);
  }
  if (sent[OWNER] !== undefined) amzHeaders.push(...demandedOwner({ headers: sent }, expectedOwner));
  const validator = sent['if-range'];
  return typeof validator !== 'string'
    ? { headers, amzHeaders }
    : { ...ifRange(headers, validator), amzHeaders };
}
