// How often S3 may be asked again: a share of what callers ask, so that an S3 in trouble does not get several times its load.

/** One retry is earned by so many requests: 10 %. */
const REQUESTS_A_RETRY = 10;

/** Beside those, so that a bridge with few callers retries at all. */
const FLOOR_PER_SECOND = 10;

/** Retries that may be saved up: a quiet hour must not end in a storm. */
const MOST_SAVED = 100;

export interface RetryBudget {
  /** Told of each request of a caller. */
  earn(): void;
  /** @returns whether S3 may be asked once more; counted where it may */
  spend(): boolean;
}

export function retryBudget(): RetryBudget {
  /** Requests since the last retry that they paid for. */
  let earned = 0;
  let floor = FLOOR_PER_SECOND;
  let at = performance.now();
  return {
    earn: () => {
      if (earned < MOST_SAVED * REQUESTS_A_RETRY) earned += 1;
    },
    spend: () => {
      const now = performance.now();
      floor = Math.min(FLOOR_PER_SECOND, floor + ((now - at) / 1000) * FLOOR_PER_SECOND);
      at = now;
      if (floor >= 1) {
        floor -= 1;
        return true;
      }
      if (earned < REQUESTS_A_RETRY) return false;
      earned -= REQUESTS_A_RETRY;
      return true;
    },
  };
}
