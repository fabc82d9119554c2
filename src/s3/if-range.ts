// Implements `If-Range`, which S3 does not document: returns a range only if the object has not changed since the caller began to
// read it.
import { isS3Error } from './read.ts';
import type { Read } from './read.ts';
import { headerOf } from '../http1/exchange.ts';

/** Matches a strong ETag (RFC 9110, 8.8.3). Weak ETags never match in `If-Range` (13.1.5). */
export const STRONG_ETAG = /^"[\x21\x23-\x7e\x80-\xff]*"$/;

/**
 * The headers that conflict with the If-Match that the bridge adds: S3 ignores If-Unmodified-Since if an If-Match matches
 * (GetObject).
 */
const CONFLICTING = ['if-match', 'if-unmodified-since'];

/**
 * The headers to send to S3, as alternating names and values. `headers` includes the range only if S3 can check the condition;
 * omitting a range is always correct.
 */
export interface IfRange {
  readonly headers: readonly string[];
  /** The headers without the range, to send if the object has changed; absent if `headers` contains no range. */
  readonly whole?: readonly string[];
}

/**
 * Adds a strong ETag as If-Match to the range request. Drops the range if the caller sends a date, which is too imprecise, or a
 * conflicting condition. A server may always ignore a range (RFC 9110, 14.2).
 * @param headers the caller's ranges and conditions as alternating names and values; the names are in lower case
 */
export function ifRange(headers: readonly string[], validator: string): IfRange {
  const names = headers.filter((_, i) => i % 2 === 0);
  if (!names.includes('range')) return { headers };
  const whole: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i] !== 'range') whole.push(headers[i] ?? '', headers[i + 1] ?? '');
  }
  const isConflicting = CONFLICTING.some((name) => names.includes(name));
  if (isConflicting || !STRONG_ETAG.test(validator)) return { headers: whole };
  return { headers: [...headers, 'if-match', validator], whole };
}

/**
 * Reads the whole object if it has changed. Compares the ETags even if S3 sends a range, because some S3 servers ignore If-Match.
 */
export function withIfRange(read: Read): Read {
  return (bucket, operation, session, options) => {
    const { whole } = options;
    if (whole === undefined) return read(bucket, operation, session, options);
    return read(bucket, operation, session, options).then((outcome) => {
      const isRangeOfOtherObject =
        !isS3Error(outcome) &&
        outcome.status === 206 &&
        headerOf(outcome.headers, 'etag') !== headerOf(options.headers, 'if-match');
      if (isRangeOfOtherObject) outcome.abort();
      else if (!isS3Error(outcome) || outcome.status !== 412) return outcome;
      return read(bucket, operation, session, { ...options, headers: whole });
    });
  };
}
