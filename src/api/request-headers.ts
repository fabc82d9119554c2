// Which of a caller's headers go up to S3: an allow-list, nothing else.
import type { IncomingMessage } from 'node:http';
import { Fault } from '../errors/fault.ts';
import { ifRange } from '../s3/if-range.ts';
import type { IfRange } from '../s3/if-range.ts';

/** Ranges and conditionals (S3 API Reference, GetObject); sent unsigned, as S3 allows. */
const SENT = ['range', 'if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'] as const;

/**
 * S3 wants every `x-amz-…` header signed. Not among them: `x-amz-request-payer` and `x-amz-expected-bucket-owner`,
 * which the configuration alone decides.
 */
const SIGNED = [
  'x-amz-checksum-mode',
  'x-amz-max-parts',
  'x-amz-object-attributes',
  'x-amz-optional-object-attributes',
  'x-amz-part-number-marker',
  'x-amz-server-side-encryption-customer-algorithm',
  'x-amz-server-side-encryption-customer-key',
  'x-amz-server-side-encryption-customer-key-md5',
] as const;

export interface ForwardedHeaders extends IfRange {
  readonly amzHeaders: readonly (readonly [name: string, value: string])[];
}

/**
 * As it goes on the wire and into the canonical request, which takes runs of spaces for one.
 * @throws Fault header_invalid for bytes that the two would write differently
 */
function signable(name: string, value: string): string {
  if (!/^[\x20-\x7e]*$/.test(value)) throw new Fault('header_invalid', { header: name });
  return value.trim().replace(/ +/g, ' ');
}

/** @throws Fault header_invalid */
export function forwardedHeaders({ headers: given }: IncomingMessage): ForwardedHeaders {
  const headers: string[] = [];
  for (const name of SENT) {
    const value = given[name];
    if (value !== undefined) headers.push(name, value);
  }
  const amzHeaders: (readonly [string, string])[] = [];
  for (const name of SIGNED) {
    const value = given[name];
    if (typeof value === 'string') amzHeaders.push([name, signable(name, value)]);
  }
  const validator = given['if-range'];
  return typeof validator !== 'string'
    ? { headers, amzHeaders }
    : { ...ifRange(headers, validator), amzHeaders };
}
