// Chooses which headers of S3's response are forwarded to the caller.
import { USUAL_NAMES } from '../../http1/response-head.ts';

/**
 * The standard headers of S3's responses (S3 API Reference, GetObject). Headers that begin with `x-amz-` are forwarded without
 * being listed here, because S3 keeps adding new ones. Hop-by-hop headers are not listed, so they are never forwarded.
 * docs/openapi.yaml describes each listed header.
 */
export const FORWARDED_OBJECT_HEADERS: ReadonlySet<string> = new Set([
  'accept-ranges',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-range',
  'content-type',
  'etag',
  'expires',
  'last-modified',
]);

/** Headers that are never forwarded, because they may reveal an account ID or credentials. */
const DROPPED = new Set([
  'x-amz-bucket-arn',
  'x-amz-security-token',
  'x-amz-server-side-encryption-aws-kms-key-id',
]);

/**
 * The prefix of headers that CloudFront adds. These headers are not forwarded, because they describe the bridge's request
 * instead of the object.
 */
const OF_CLOUDFRONT = 'x-amz-cf-';

type Rule = 'forward' | 'forward last' | 'drop';

function ruleFor(name: string): Rule {
  const lower = name.toLowerCase();
  // Content-Length must come last: after it has been set, Node rejects a non-ASCII Content-Disposition (nodejs/node#46528).
  if (lower === 'content-length') return 'forward last';
  const isS3s = lower.startsWith('x-amz-') && !lower.startsWith(OF_CLOUDFRONT) && !DROPPED.has(lower);
  return isS3s || FORWARDED_OBJECT_HEADERS.has(lower) ? 'forward' : 'drop';
}

const USUAL_RULES: ReadonlyMap<string, Rule> = new Map([...USUAL_NAMES].map((name) => [name, ruleFor(name)]));

/**
 * @param headers the headers of S3's response, as alternating names and values
 * @returns the headers to forward, in the same format, with Content-Length last
 */
export function responseHeaders(headers: readonly string[]): string[] {
  const kept: string[] = [];
  let length = -1;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? '';
    const rule = USUAL_RULES.get(name) ?? ruleFor(name);
    if (rule === 'forward') kept.push(name, headers[i + 1] ?? '');
    else if (rule === 'forward last') length = i;
  }
  if (length !== -1) kept.push(headers[length] ?? '', headers[length + 1] ?? '');
  return kept;
}

/**
 * Renames Content-Length in place if its value is above the limit, so that the response is sent in chunks.
 * @param headers as returned by `responseHeaders`, with Content-Length last
 * @param chunkAbove the limit in bytes
 */
export function chunkLarge(headers: string[], chunkAbove: number): void {
  const last = headers.length - 2;
  if (headers[last]?.toLowerCase() === 'content-length' && Number(headers[last + 1]) > chunkAbove)
    headers[last] = 'x-fedbridge-object-length';
}
