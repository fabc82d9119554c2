// The time that requests to an S3 are signed with: this machine's, until that S3 rejects a request for its time, and then S3's own.
import type { Bucket } from '../config/types.ts';
import { headerOf } from '../http1/exchange.ts';
import type { S3Error } from './s3-error.ts';

/** A clock that is further off is ignored. */
const MAX_OFFSET_MS = 24 * 3600 * 1000;

/** For HEAD, whose response has no body with a code. S3 rejects times more than 15 minutes off; a Date is rounded and some seconds old. */
const MIN_SKEW_MS = 10 * 60 * 1000;

/** A smaller change is a Date's rounding and the response's latency, and is not logged. */
const LOG_ABOVE_MS = 60 * 1000;

export interface S3Clock {
  /** Milliseconds since 1970, by the clock of the S3 that has this bucket, as far as it is known. */
  now(bucket: Bucket): number;
  /**
   * Sets the clock if S3 rejected the request for its time.
   * @returns whether it did: the request should be signed again
   */
  learnFrom(error: S3Error, bucket: Bucket, signedAt: number): boolean;
}

/** @param onLearned called with a new offset: the milliseconds by which S3's clock is ahead of this machine's */
export function s3Clock(onLearned: (bucketName: string, aheadMs: number) => void): S3Clock {
  // By endpoint, so that one with a wrong clock does not affect the others. All of AWS has one time.
  const ahead = new Map<string, number>();
  const endpointKey = ({ endpoint = '' }: Bucket): string => endpoint;
  return {
    now: (bucket) => Date.now() + (ahead.size === 0 ? 0 : (ahead.get(endpointKey(bucket)) ?? 0)),
    learnFrom: (error, bucket, signedAt) => {
      const s3Now = Date.parse(headerOf(error.headers, 'date') ?? '');
      if (!isClockError(error, s3Now - signedAt)) return false;
      const aheadMs = s3Now - Date.now();
      // Also not NaN, as it is without a Date.
      if (!(Math.abs(aheadMs) <= MAX_OFFSET_MS)) return false;
      const before = ahead.get(endpointKey(bucket)) ?? 0;
      ahead.set(endpointKey(bucket), aheadMs);
      if (Math.abs(aheadMs - before) > LOG_ABOVE_MS) onLearned(bucket.name, aheadMs);
      return true;
    },
  };
}

function isClockError({ code, status }: S3Error, offMs: number): boolean {
  if (code !== undefined) return code === 'RequestTimeTooSkewed';
  return status === 403 && Math.abs(offMs) > MIN_SKEW_MS;
}
