// Remembers which distributions could not be reached, so that reads do not wait for them repeatedly.

/** How long reads go directly to S3 after a distribution could not be reached. */
const PAUSE_MS = 30_000;

export interface DistributionOutages {
  /**
   * Whether a read may use the distribution. After a pause, only one read tries it, and the others go directly to S3 until it
   * succeeds.
   */
  mayTry(via: string): boolean;
  began(via: string): void;
  ended(via: string): void;
}

/** Each distribution is identified by its origin. */
export function distributionOutages(): DistributionOutages {
  const pausedUntil = new Map<string, number>();
  return {
    mayTry: (via) => {
      const until = pausedUntil.get(via);
      if (until === undefined) return true;
      const now = performance.now();
      if (now < until) return false;
      pausedUntil.set(via, now + PAUSE_MS);
      return true;
    },
    began: (via) => {
      pausedUntil.set(via, performance.now() + PAUSE_MS);
    },
    ended: (via) => {
      pausedUntil.delete(via);
    },
  };
}
