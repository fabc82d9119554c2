// What time it is to an S3: by this machine's clock, until an S3 refuses what was signed by it, and then by that S3's own.
import type { Bucket } from '../config/types.ts';
import { headerOf } from '../http1/exchange.ts';
import type { S3Error } from './s3-error.ts';

/** A clock that is further off is no clock of an S3, or of ours, to sign by. */
const MOST_OFF_MS = 24 * 3600 * 1000;

/** HEAD has no body to name a code. S3 refuses what is signed 15 minutes off; a Date is rounded, and old when it arrives. */
const SUSPECT_MS = 10 * 60 * 1000;

/** Less is a Date's rounding and an answer's way, and is not told. */
const TOLD_MS = 60 * 1000;

export interface S3Clock {
  /** Milliseconds since 1970, by the clock of the S3 that has this bucket, as far as that is known. */
  now(bucket: Bucket): number;
  /**
   * Learns from a refusal that was for the time at which the request was signed.
   * @returns whether it was: the request is worth signing anew
   */
  isSetBy(refusal: S3Error, bucket: Bucket, signedAt: number): boolean;
}

/** @param onLearned told of a new difference: by how much S3's clock is ahead of ours, in milliseconds */
export function s3Clock(onLearned: (bucketName: string, aheadMs: number) => void): S3Clock {
  // By endpoint: one whose clock is wrong must not spoil the others. All of AWS has one time.
  const ahead = new Map<string, number>();
  const placeOf = ({ endpoint = '' }: Bucket): string => endpoint;
  return {
    now: (bucket) => Date.now() + (ahead.size === 0 ? 0 : (ahead.get(placeOf(bucket)) ?? 0)),
    isSetBy: (refusal, bucket, signedAt) => {
      const s3Now = Date.parse(headerOf(refusal.headers, 'date') ?? '');
      if (!isOfTheClock(refusal, s3Now - signedAt)) return false;
      const aheadMs = s3Now - Date.now();
      // Not a number either, where S3 told no Date.
      if (!(Math.abs(aheadMs) <= MOST_OFF_MS)) return false;
      const before = ahead.get(placeOf(bucket)) ?? 0;
      ahead.set(placeOf(bucket), aheadMs);
      if (Math.abs(aheadMs - before) > TOLD_MS) onLearned(bucket.name, aheadMs);
      return true;
    },
  };
}

function isOfTheClock({ code, status }: S3Error, offMs: number): boolean {
  if (code !== undefined) return code === 'RequestTimeTooSkewed';
  return status === 403 && Math.abs(offMs) > SUSPECT_MS;
}
