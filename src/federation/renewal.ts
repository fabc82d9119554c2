// Keeps one set of credentials valid: renews them early in the background, and uses the old credentials while renewal fails.
import { FAULTS } from '../errors/table.ts';
import { Fault } from '../errors/fault.ts';
import type { RoleCredentials } from './credentials.ts';
import { startElapsed } from '../runtime/elapsed.ts';
import { tokenBuckets } from '../runtime/rate-limits.ts';
import type { MaybePromise } from '../runtime/maybe-promise.ts';

/**
 * How early credentials are renewed before they expire: LEAD_SHARE of their lifetime or LEAD_MS, whichever is less, plus a random
 * jitter.
 */
const LEAD_SHARE = 0.2;
const LEAD_MS = 5 * 60_000;
/**
 * The maximum jitter, as a fraction of the time between a renewal and the expiration. The jitter spreads the renewals of
 * instances that started together.
 */
const LEAD_JITTER = 0.2;

/** The maximum time between a renewal and the expiration, as a fraction of the lifetime, however many sessions there are. */
const LONGEST_LEAD_SHARE = 0.5;

/**
 * The minimum remaining lifetime, as a fraction of the whole lifetime. Credentials with less time left are not used, because they
 * must not expire before a request reaches S3.
 */
const FLOOR_SHARE = 0.1;
const FLOOR_MS = 60_000;

/** The first pause after a failed background renewal. The pause doubles up to the maximum; half of each pause is random. */
const RETRY_MS = 1_000;
const RETRY_MAX_MS = 30_000;
/** The pause after AWS denies a renewal. The pause is long, because an operator must fix the cause first. */
const REFUSED_RETRY_MS = 30_000;

/**
 * How long the second failure in a row is cached while there are no credentials. The time doubles with each failure, up to the
 * maximum. Without the cache, each retry by a caller would cause an STS call, and AWS limits STS calls per account.
 */
const REFUSED_MS = 100;
const REFUSED_MAX_MS = 5_000;

export interface RenewedCredentials {
  /** Returns valid credentials synchronously if there are any, otherwise a promise. */
  credentials(): MaybePromise<RoleCredentials>;
  /**
   * Returns credentials that replace `rejected`, which S3 no longer accepts. The replacement may already exist.
   * @param mayObtain called if an STS call is needed; returns whether the call is allowed
   * @returns undefined if the STS call is not allowed
   */
  replace(rejected: RoleCredentials, mayObtain: () => boolean): Promise<RoleCredentials> | undefined;
  /**
   * Milliseconds until the credentials expire; undefined if there are none, or if they expired only because they were not used.
   */
  remaining(): number | undefined;
}

/**
 * Uses no timer, because Cloud Run suspends the CPU between requests; each request checks the clock instead.
 * @param obtain assumes the chain; at most one call is in progress at a time, and a call continues even if the HTTP client
 * disconnects
 * @param pace limits the background renewals of all sessions together
 * @param onFailed called when a background renewal fails
 */
export function renewCredentials(
  obtain: () => Promise<RoleCredentials>,
  pace: RenewalPace,
  onFailed: (error: unknown) => void,
): RenewedCredentials {
  let held: RoleCredentials | undefined;
  let leadMs = 0;
  let failures = 0;
  let pause: { readonly since: () => number; readonly ms: number } | undefined;
  let obtaining: Promise<RoleCredentials> | undefined;
  let refused:
    | { readonly call: Promise<RoleCredentials>; readonly since: () => number; readonly ms: number }
    | undefined;

  const renew = (): Promise<RoleCredentials> => {
    if (obtaining !== undefined) return obtaining;
    if (refused !== undefined && refused.since() < refused.ms) return refused.call;
    const call = obtain()
      .then(
        (fresh) => {
          held = fresh;
          failures = 0;
          pause = undefined;
          leadMs = leadOf(fresh, pace.neededMs()) * (1 + Math.random() * LEAD_JITTER);
          return fresh;
        },
        (error: unknown) => {
          const since = startElapsed();
          pause = { since, ms: retryMs(error, failures) };
          if (failures > 0)
            refused = { call, since, ms: Math.min(REFUSED_MS * 2 ** (failures - 1), REFUSED_MAX_MS) };
          failures += 1;
          throw error;
        },
      )
      .finally(() => (obtaining = undefined));
    obtaining = call;
    return call;
  };

  const isPaused = (): boolean => pause !== undefined && pause.since() < pause.ms;

  return {
    credentials: () => {
      const left = held?.remainingMs() ?? 0;
      if (held === undefined || left <= floorOf(held)) return renew();
      if (left <= leadMs && obtaining === undefined && !isPaused() && pace.mayRenew())
        renew().catch(onFailed);
      return held;
    },
    replace: (rejected, mayObtain) => {
      if (held !== undefined && held !== rejected) return Promise.resolve(held);
      return obtaining !== undefined || mayObtain() ? renew() : undefined;
    },
    remaining: () => {
      const left = held?.remainingMs() ?? 0;
      // Returns 0 for expired credentials while renewals are failing. Otherwise, the credentials expired only because nobody used
      // them.
      if (left <= 0) return held !== undefined && failures > 0 ? 0 : undefined;
      const unused = left <= leadMs && failures === 0 && obtaining === undefined;
      return unused ? undefined : left;
    },
  };
}

/** @param neededMs how long it takes to renew all sessions at the allowed pace, in case all of them are due together */
function leadOf(fresh: RoleCredentials, neededMs: number): number {
  const usual = Math.min(fresh.lifeMs * LEAD_SHARE, LEAD_MS);
  return Math.min(Math.max(usual, floorOf(fresh) + neededMs), fresh.lifeMs * LONGEST_LEAD_SHARE);
}

const floorOf = ({ lifeMs }: RoleCredentials): number => Math.min(lifeMs * FLOOR_SHARE, FLOOR_MS);

function retryMs(error: unknown, failures: number): number {
  const isRefusal = error instanceof Fault && FAULTS[error.code].status === 502;
  const ms = isRefusal ? REFUSED_RETRY_MS : Math.min(RETRY_MS * 2 ** failures, RETRY_MAX_MS);
  return ms * (0.5 + Math.random() / 2);
}

/**
 * The rate of renewals. STS limits calls per account (AWS, "IAM and STS quotas"), so a burst of renewals must leave enough quota
 * for new sessions.
 */
const RENEWALS = { burst: 10, intervalMs: 100 };

export interface RenewalPace {
  /** Returns whether one more renewal may begin now; if so, counts it. */
  mayRenew(): boolean;
  /** Milliseconds needed to renew all sessions at this pace. */
  neededMs(): number;
}

/** @param sessions returns the current number of sessions */
export function renewalPace(sessions: () => number): RenewalPace {
  const tokens = tokenBuckets(RENEWALS);
  const all = 'all sessions';
  return {
    mayRenew: () => {
      if (!tokens.has(all)) return false;
      tokens.take(all);
      return true;
    },
    neededMs: () => sessions() * RENEWALS.intervalMs,
  };
}
