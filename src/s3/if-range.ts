// `If-Range`, which S3 does not promise: a part is only sent where it is of the object that the caller has begun.
import { isS3Error } from './read.ts';
import type { Read } from './read.ts';
import { headerOf } from '../http1/exchange.ts';

/** RFC 9110, 8.8.3: weak validators never match here (13.1.5). */
export const STRONG_ETAG = /^"[\x21\x23-\x7e\x80-\xff]*"$/;

/** A second If-Match; and a true If-Match, as ours may be, makes S3 pass over If-Unmodified-Since (GetObject). */
const MIXED_UP = ['if-match', 'if-unmodified-since'];

/** Raw pairs for S3: with the range, where S3 can be made to check; else without, which is always right. */
export interface IfRange {
  readonly headers: readonly string[];
  /** What to ask where the object has changed; absent where `headers` asks for the whole already. */
  readonly whole?: readonly string[];
}

/**
 * A strong ETag becomes If-Match on the ranged read. A date, which says too little, and a condition beside it that would
 * be mixed up with ours, give the whole object: a server may always ignore a range (RFC 9110, 14.2).
 * @param headers raw pairs of the caller's ranges and conditions, names in lower case
 */
export function ifRange(headers: readonly string[], validator: string): IfRange {
  const names = headers.filter((_, i) => i % 2 === 0);
  if (!names.includes('range')) return { headers };
  const whole: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i] !== 'range') whole.push(headers[i] ?? '', headers[i + 1] ?? '');
  }
  const isMixedUp = MIXED_UP.some((name) => names.includes(name));
  if (isMixedUp || !STRONG_ETAG.test(validator)) return { headers: whole };
  return { headers: [...headers, 'if-match', validator], whole };
}

/** Reads the whole object if it has changed, also if S3 sends a range of it anyway: not every S3 supports If-Match. */
export function withIfRange(read: Read): Read {
  return (bucket, operation, session, options) => {
    const { whole } = options;
    if (whole === undefined) return read(bucket, operation, session, options);
    return read(bucket, operation, session, options).then((outcome) => {
      const isRangeOfAnother =
        !isS3Error(outcome) &&
        outcome.status === 206 &&
        headerOf(outcome.headers, 'etag') !== headerOf(options.headers, 'if-match');
      if (isRangeOfAnother) outcome.abort();
      else if (!isS3Error(outcome) || outcome.status !== 412) return outcome;
      return read(bucket, operation, session, { ...options, headers: whole });
    });
  };
}
