// The regions of buckets: configured, or learned from S3's redirects, beginning with a default.
import { setTimeout } from 'node:timers/promises';
import type { Bucket } from '../config/types.ts';
import { Fault } from '../errors/fault.ts';
import { isRegion } from './endpoint.ts';
import type { S3Error } from './s3-error.ts';

/** How long requests wait for the first one to find the bucket's region; then each finds it on its own. */
const SCOUT_MS = 500;

export interface BucketRegions {
  /** Learned, configured, or else the default. */
  of(bucket: Bucket): string;
  /** Whether it is configured or learned. */
  isKnown(bucket: Bucket): boolean;
  /** Records that S3 responded from this region. */
  found(bucket: Bucket, region: string): void;
  /**
   * The first request to a bucket of unknown region finds it; those that come meanwhile wait for its result, so that S3 redirects
   * one of them and not all.
   * @returns a promise to wait for, or for the first request a function to call when it is done
   */
  scout(bucket: Bucket): Promise<unknown> | (() => void);
}

const nothing = (): void => undefined;

/** @param onLearned called when a bucket is in another region than assumed */
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
      // A first request that hangs must not hold up the others.
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

/** 301 and 307 are redirects; 400 AuthorizationHeaderMalformed names the region that it expected. */
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
