// Where buckets are: configured, learned from S3, or looked for from a default on.
import { setTimeout } from 'node:timers/promises';
import type { Bucket } from '../config/types.ts';

/** How long first requests wait for the one that looks where the bucket is; then each looks for itself. */
const SCOUT_MS = 500;

export interface BucketRegions {
  /** What is known: learned, configured, or the default. */
  of(bucket: Bucket): string;
  /** Whether it need not be looked for. */
  isKnown(bucket: Bucket): boolean;
  /** S3 has answered from this region. */
  found(bucket: Bucket, region: string): void;
  /**
   * The first request to a bucket whose region nobody said looks for it; those that come meanwhile wait for what it finds,
   * so that S3 redirects one of them and not all.
   * @returns a promise where there is one to wait for; else a function to call when the looking is over
   */
  scout(bucket: Bucket): Promise<unknown> | (() => void);
}

const nothingToSay = (): void => undefined;

/** @param onLearned told when a bucket is in another region than was known */
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
      if (isKnown(bucket)) return nothingToSay;
      const before = scouting.get(bucket.name);
      // A scout that hangs must not hold up the rest.
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
