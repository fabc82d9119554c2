// Determines the regions of buckets: the region learned from S3's redirects, or else the configured region, or else the default
// region.
import { setTimeout } from 'node:timers/promises';
import type { Bucket } from '../config/types.ts';
import { Fault } from '../errors/fault.ts';
import { isRegion } from './endpoint.ts';
import type { S3Error } from './s3-error.ts';

/**
 * How long other requests wait while the first request finds the bucket's region. After the wait, each request finds the region
 * on its own.
 */
const SCOUT_MS = 500;

export interface BucketRegions {
  /** Returns the learned region, or else the configured region, or else the default region. */
  of(bucket: Bucket): string;
  /** Whether the region is known, because it is configured or has been learned. */
  isKnown(bucket: Bucket): boolean;
  /** Records that S3 responded from this region. */
  found(bucket: Bucket, region: string): void;
  /**
   * Lets the first request find a bucket's unknown region while other requests wait for the result, so that S3 redirects only one
   * of them.
   * @returns for the first request, a function that it must call when it is done; for other requests, a promise to wait for
   */
  scout(bucket: Bucket): Promise<unknown> | (() => void);
}

const nothing = (): void => undefined;

/** @param onLearned called when S3 shows that a bucket is not in the assumed region */
export function bucketRegions(
  defaultRegion: string,
  onLearned: (bucketName: string, region: string) => void,
): BucketRegions {
  const known = new Map<string, string>();
  const scouting = new Map<string, Promise<undefined>>();
  const of = (bucket: Bucket): string => known.get(bucket.name) ?? bucket.region ?? defaultRegion;
  const isKnown = (bucket: Bucket): boolean => bucket.region !== undefined || known.has(bucket.name);
  return {
    of,
    isKnown,
    found: (bucket, region) => {
      if (known.get(bucket.name) === region) return;
      const before = of(bucket);
      known.set(bucket.name, region);
      if (before !== region) onLearned(bucket.name, region);
    },
    scout: (bucket) => {
      if (isKnown(bucket)) return nothing;
      const before = scouting.get(bucket.name);
      // The wait is limited, so that a first request that hangs does not block other requests.
      if (before !== undefined)
        return Promise.race([before, setTimeout(SCOUT_MS, undefined, { ref: false })]);
      const { promise, resolve } = Promise.withResolvers<undefined>();
      scouting.set(bucket.name, promise);
      return () => {
        scouting.delete(bucket.name);
        resolve(undefined);
      };
    },
  };
}

/**
 * Whether S3's error means that the bucket is in a different region. S3 redirects with 301 or 307, or names the expected region
 * in a 400 AuthorizationHeaderMalformed.
 */
export function isRedirect({ status, code, region }: S3Error, tried: string): boolean {
  if (status === 301 || status === 307) return true;
  return (
    status === 400 &&
    region !== undefined &&
    region !== tried &&
    (code === undefined || code === 'AuthorizationHeaderMalformed')
  );
}

/** @throws Fault s3_redirect_failed if S3 names no region, or the request was already redirected */
export function regionToTry({ region, code, status }: S3Error, hasMoved: boolean): string {
  if (hasMoved || region === undefined || !isRegion(region)) {
    throw new Fault('s3_redirect_failed', { region, s3Code: code, s3Status: status });
  }
  return region;
}
