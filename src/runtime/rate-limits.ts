// Token buckets, one for each key. Each key starts with a burst of tokens and gains one token per interval.

export interface Rate {
  readonly burst: number;
  readonly intervalMs: number;
}

export interface TokenBuckets {
  has(key: string): boolean;
  /** Must be called only after `has` has returned true. */
  take(key: string): void;
}

/** The number of buckets above which full buckets are removed. */
const FEW_BUCKETS = 1_000;

interface Bucket {
  tokens: number;
  at: number;
}

export function tokenBuckets({ burst, intervalMs }: Rate): TokenBuckets {
  // A key without a bucket still has its full burst of tokens.
  const buckets = new Map<string, Bucket>();
  let sweepAbove = FEW_BUCKETS;

  const fill = (bucket: Bucket, now: number): void => {
    bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.at) / intervalMs);
    bucket.at = now;
  };
  const filled = (key: string): Bucket => {
    const now = performance.now();
    const bucket = buckets.get(key) ?? { tokens: burst, at: now };
    fill(bucket, now);
    return bucket;
  };
  const sweep = (now: number): void => {
    for (const [key, bucket] of buckets) {
      fill(bucket, now);
      if (bucket.tokens === burst) buckets.delete(key);
    }
    // Doubling the threshold keeps sweeps rare while most keys are in use.
    sweepAbove = Math.max(FEW_BUCKETS, 2 * buckets.size);
  };
  return {
    has: (key) => filled(key).tokens >= 1,
    take: (key) => {
      const bucket = filled(key);
      bucket.tokens -= 1;
      buckets.set(key, bucket);
      if (buckets.size > sweepAbove) sweep(bucket.at);
    },
  };
}
