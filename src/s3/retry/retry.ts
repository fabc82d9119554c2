// Asks S3 again where it failed before its answer began: after pauses that grow, up to a deadline, within the budget.
import { Fault } from '../../errors/fault.ts';
import { pause } from './pause.ts';
import { isS3Error } from '../read.ts';
import type { Read } from '../read.ts';
import { headerOf } from '../refusal.ts';
import type { S3Error } from '../refusal.ts';
import type { RetryBudget } from './retry-budget.ts';
import type { UpstreamResponse } from '../../http1/transport.ts';

/** The pause before the first retry is below this, before each further one below twice as much ("full jitter"). */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/** S3's passing faults (S3 API Reference, "Error responses": InternalError, SlowDown, ServiceUnavailable), and a gateway's. */
const PASSING = new Set([500, 502, 503, 504]);

/** At random, so that what failed at once is not repeated at once. @param before how many there were */
export function pauseMs(before: number): number {
  return Math.random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** before);
}

/**
 * The last outcome is the caller's: S3's own refusal, or the fault.
 * @param options.deadlineMs since the first attempt began; none begins later, so that an S3 which sent nothing for longer
 * (s3_timeout) is not asked again, and one that could not be connected to in less is
 * @param options.onRetry told of each, with its reason
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
  return async (bucket, operation, session, extras) => {
    const deadline = performance.now() + deadlineMs;
    for (let retries = 0; ; retries += 1) {
      let outcome: UpstreamResponse | S3Error | Fault;
      try {
        outcome = await read(bucket, operation, session, extras);
        if (!isS3Error(outcome)) return outcome;
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        outcome = error;
      }
      const reason = reasonToRetry(outcome);
      const pauseForMs = pauseMs(retries) + askedPauseMs(outcome);
      if (reason === undefined || performance.now() + pauseForMs > deadline || !budget.spend(extras.caller)) {
        if (outcome instanceof Fault) throw outcome;
        return outcome;
      }
      onRetry(reason);
      if (extras.repeats !== undefined) extras.repeats.retries += 1;
      await pause(pauseForMs, extras.departure);
    }
  };
}

function reasonToRetry(outcome: S3Error | Fault): string | undefined {
  if (outcome instanceof Fault) {
    if (outcome.code === 's3_unreachable') return 'unreachable';
    return outcome.code === 's3_timeout' ? 'timeout' : undefined;
  }
  return PASSING.has(outcome.status) ? String(outcome.status) : undefined;
}

/** `Retry-After`, in seconds or as a date (RFC 9110, 10.2.3); a date is compared with S3's own. */
function askedPauseMs(outcome: S3Error | Fault): number {
  if (outcome instanceof Fault) return 0;
  const asked = headerOf(outcome.headers, 'retry-after');
  if (asked === undefined) return 0;
  if (/^\d+$/.test(asked)) return Number(asked) * 1000;
  const now = Date.parse(headerOf(outcome.headers, 'date') ?? '');
  const pause = Date.parse(asked) - now;
  return pause > 0 ? pause : 0;
}
