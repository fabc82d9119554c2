// The signing time for requests to S3: this machine's time until S3 rejects a request as skewed, then S3's own time.
import type { Bucket } from '../config/types.ts';
import { headerOf } from '../http1/exchange.ts';
import type { S3Error } from './s3-error.ts';

/** The maximum clock offset. Larger offsets are ignored. */
const MAX_OFFSET_MS = 24 * 3600 * 1000;

/**
 * The minimum difference between the clocks at which a 403 response to HEAD counts as clock skew, because such a response has no
 * error code. The value is lower than S3's limit of 15 minutes, because S3's Date header is rounded and may be a few seconds old.
 */
const MIN_SKEW_MS = 10 * 60 * 1000;

/** The minimum change of the offset that is logged, because rounding and latency cause smaller changes. */
const LOG_ABOVE_MS = 60 * 1000;

export interface S3Clock {
  /** Milliseconds since the epoch, by the S3 endpoint's clock if it is known, otherwise by this machine's clock. */
  now(bucket: Bucket): number;
  /**
   * Adopts S3's time if S3 rejected the request because of clock skew.
   * @returns whether S3's time was adopted; if so, the request should be signed again
   */
  learnFrom(error: S3Error, bucket: Bucket, signedAt: number): boolean;
}

/** @param onLearned called with each new offset: how many milliseconds S3's clock is ahead of this machine's */
export function s3Clock(onLearned: (bucketName: string, aheadMs: number) => void): S3Clock {
  // Each endpoint has its own offset, so that one endpoint with a wrong clock does not affect others. All AWS endpoints share an
  // offset.
  const ahead = new Map<string, number>();
  const endpointKey = ({ endpoint = '' }: Bucket): string => endpoint;
  return {
    now: (bucket) => Date.now() + (ahead.size === 0 ? 0 : (ahead.get(endpointKey(bucket)) ?? 0)),
    learnFrom: (error, bucket, signedAt) => {
      const s3Now = Date.parse(headerOf(error.headers, 'date') ?? '');
      if (!isClockError(error, s3Now - signedAt)) return false;
      const aheadMs = s3Now - Date.now();
      // The comparison is negated, so that the function also returns false if the Date header is missing (NaN).
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
