// `If-Range`, which S3 does not document: a range is only sent if it is of the object that the caller has begun to read.
import { isS3Error } from './read.ts';
import type { Read } from './read.ts';
import { headerOf } from '../http1/exchange.ts';

/** RFC 9110, 8.8.3: weak validators never match here (13.1.5). */
export const STRONG_ETAG = /^"[\x21\x23-\x7e\x80-\xff]*"$/;

/** These would conflict with the bridge's If-Match: S3 ignores If-Unmodified-Since beside an If-Match that matches (GetObject). */
const CONFLICTING = ['if-match', 'if-unmodified-since'];

/** Raw pairs for S3: with the range if S3 can check the condition; else without, which is always correct. */
export interface IfRange {
  readonly headers: readonly string[];
  /** Headers to send if the object has changed; absent if `headers` already reads the whole object. */
  readonly whole?: readonly string[];
}

/**
 * A strong ETag becomes If-Match on the ranged read. A date, which is too imprecise, and a conflicting condition read the whole
 * object: a server may always ignore a range (RFC 9110, 14.2).
 * @param headers raw pairs of the caller's ranges and conditions, names in lower case
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

/** Reads the whole object if it has changed, also if S3 sends a range of it anyway: not every S3 supports If-Match. */
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
