// Retries reads that failed before a response began. Growing pauses, a deadline and a budget prevent retries from multiplying the
// load while S3 is failing.
import { Fault } from '../../errors/fault.ts';
import type { Cancellation } from '../../runtime/cancellation.ts';
import { headerOf } from '../../http1/exchange.ts';
import type { UpstreamResponse } from '../../http1/exchange.ts';
import { tokenBuckets } from '../../runtime/rate-limits.ts';
import { isS3Error } from '../read.ts';
import type { Read } from '../read.ts';
import type { S3Error } from '../s3-error.ts';

/**
 * The maximum pause before the first retry. The maximum doubles for each further retry, up to `MAX_PAUSE_MS`. Each pause is a
 * random fraction of the maximum ("full jitter").
 */
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 2_000;

/**
 * The statuses of transient errors from S3 (S3 API Reference, "Error responses": InternalError, SlowDown, ServiceUnavailable) and
 * from gateways.
 */
const TRANSIENT = new Set([500, 502, 503, 504]);

/**
 * Returns a random pause, so that reads that failed together are not retried together. @param retries number of retries so far
 */
export function pauseMs(retries: number): number {
  return Math.random() * Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** retries);
}

/**
 * If the last attempt fails, returns S3's error or throws the fault.
 * @param options.deadlineMs the time after which no retry begins, measured from the start of the first attempt. A request that
 * takes longer to time out (s3_timeout) is therefore not retried
 * @param options.onRetry called for each retry, with its reason
 */
export function withRetry(
  read: Read,
  options: {
    readonly budget: RetryBudget;
    readonly deadlineMs: number;
    readonly onRetry: (reason: string) => void;
  },
): Read {
  const { budget, deadlineMs, onRetry } = options;
  return async (bucket, operation, session, readOptions) => {
    const deadline = performance.now() + deadlineMs;
    for (let retries = 0; ; retries += 1) {
      let outcome: UpstreamResponse | S3Error | Fault;
      try {
        outcome = await read(bucket, operation, session, readOptions);
        if (!isS3Error(outcome)) return outcome;
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        outcome = error;
      }
      const reason = reasonToRetry(outcome);
      const pauseForMs = pauseMs(retries) + retryAfterMs(outcome);
      if (
        reason === undefined ||
        performance.now() + pauseForMs > deadline ||
        !budget.spend(readOptions.caller)
      ) {
        if (outcome instanceof Fault) throw outcome;
        return outcome;
      }
      onRetry(reason);
      if (readOptions.counters !== undefined) readOptions.counters.retries += 1;
      await pause(pauseForMs, readOptions.cancellation);
    }
  };
}

function reasonToRetry(outcome: S3Error | Fault): string | undefined {
  if (outcome instanceof Fault) {
    if (outcome.code === 's3_unreachable') return 'unreachable';
    return outcome.code === 's3_timeout' ? 'timeout' : undefined;
  }
  return TRANSIENT.has(outcome.status) ? String(outcome.status) : undefined;
}

/** Reads `Retry-After`, in seconds or as a date (RFC 9110, 10.2.3); a date is compared with the response's `Date`. */
function retryAfterMs(outcome: S3Error | Fault): number {
  if (outcome instanceof Fault) return 0;
  const value = headerOf(outcome.headers, 'retry-after');
  if (value === undefined) return 0;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const now = Date.parse(headerOf(outcome.headers, 'date') ?? '');
  const pause = Date.parse(value) - now;
  return pause > 0 ? pause : 0;
}

/** Waits before a retry. @throws Error if the caller disconnects during the pause */
export function pause(milliseconds: number, cancellation: Cancellation): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const end = (): void => {
    clearTimeout(timer);
    reject(new Error('the request was cancelled'));
  };
  const timer = setTimeout(() => {
    cancellation.remove(end);
    resolve(undefined);
  }, milliseconds);
  if (cancellation.aborted) end();
  else cancellation.add(end);
  return promise;
}

/** The number of requests for each allowed retry, so that at most 10 % of requests are retried. */
const REQUESTS_A_RETRY = 10;

/**
 * The number of retries per second that are allowed regardless of the number of requests, so that a bridge with few requests can
 * also retry.
 */
const FLOOR_PER_SECOND = 10;

/** The maximum number of unused retries that are saved. Without a limit, a retry storm could follow a quiet hour. */
const MOST_SAVED = 100;

/**
 * The number of retries that are reserved for callers that rarely retry, so that a caller whose reads always fail cannot use up
 * all retries.
 */
const RESERVED = 5;
const FROM_RESERVE = { burst: 2, intervalMs: 500 };

export interface RetryBudget {
  /** Must be called once for each of a caller's requests. */
  earn(): void;
  /**
   * @param caller the caller's unique ID
   * @returns whether S3 may be called once more; if so, the call is counted
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
