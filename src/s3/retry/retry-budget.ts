// How often S3 may be called again: a share of the callers' requests, so that an S3 in trouble does not get several times its load.
import { tokenBuckets } from '../../runtime/token-buckets.ts';

/** One retry is earned by so many requests: 10 %. */
const REQUESTS_A_RETRY = 10;

/** In addition, so that a bridge with few callers retries at all. */
const FLOOR_PER_SECOND = 10;

/** Retries that may be saved up: a quiet hour must not end in a storm. */
const MOST_SAVED = 100;

/** The last few are for callers that have hardly retried: one whose reads fail all the time must leave the others theirs. */
const RESERVED = 5;
const FROM_RESERVE = { burst: 2, intervalMs: 500 };

export interface RetryBudget {
  /** To call for each request of a caller. */
  earn(): void;
  /**
   * @param caller unique ID
   * @returns whether S3 may be called once more; counted if so
   */
  spend(caller: string): boolean;
}

export function retryBudget(): RetryBudget {
  let retries = FLOOR_PER_SECOND;
  let at = performance.now();
  const reserve = tokenBuckets(FROM_RESERVE);
  return {
    earn: () => {
      retries = Math.min(MOST_SAVED, retries + 1 / REQUESTS_A_RETRY);
    },
    spend: (caller) => {
      const now = performance.now();
      const refilled = retries + ((now - at) / 1000) * FLOOR_PER_SECOND;
      if (retries < FLOOR_PER_SECOND) retries = Math.min(FLOOR_PER_SECOND, refilled);
      at = now;
      const mayUseReserve = reserve.has(caller);
      if (retries < 1 + (mayUseReserve ? 0 : RESERVED)) return false;
      if (mayUseReserve) reserve.take(caller);
      retries -= 1;
      return true;
    },
  };
}
