// Determines whether S3 sent a response through CloudFront for this very request.
import { headerOf } from '../../http1/exchange.ts';
import type { UpstreamResponse } from '../../http1/exchange.ts';

/**
 * Matches the value of `x-cache` if CloudFront has just received the response from S3: `Miss` for a success, `Error` for an
 * error.
 */
const FRESH = /^(?:Miss|Error) from cloudfront$/i;

/**
 * Returns the source of a response. A response from a cache must never be served: S3 has not checked the signature of this
 * request, so the response may contain an object that this caller may not read. CloudFront sets `x-cache` in every response, and
 * `age` in responses from its cache. Without `x-cache`, the response could come from a cache that hides itself.
 * @returns `cached` unless the headers show that S3 has just sent the response; `not_s3` if S3 never sent it
 */
export function responseSource({ headers }: Pick<UpstreamResponse, 'headers'>): 's3' | 'cached' | 'not_s3' {
  if (headerOf(headers, 'x-amz-request-id') === undefined) return 'not_s3';
  const caches = valuesOf(headers, 'x-cache');
  const isFresh = caches.length > 0 && caches.every((value) => FRESH.test(value));
  return isFresh && headerOf(headers, 'age') === undefined ? 's3' : 'cached';
}

/** @param name in lower case */
function valuesOf(headers: readonly string[], name: string): readonly string[] {
  const values: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]?.toLowerCase() === name) values.push(headers[i + 1] ?? '');
  }
  return values;
}
