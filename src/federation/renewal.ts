// Keeps one set of credentials valid: renews ahead in the background of a request, serves the old ones while that fails.
import { FAULTS } from '../errors/table.ts';
import { Fault } from '../errors/fault.ts';
import type { RoleCredentials } from './credentials.ts';
import { startElapsed } from '../runtime/elapsed.ts';

/** Renewal begins when this share of the life, or this time, is left, whichever is less; and earlier by the jitter below. */
const LEAD_SHARE = 0.2;
const LEAD_MS = 5 * 60_000;
/** Spread over instances that started together, as a share of the lead. */
const LEAD_JITTER = 0.2;

/** However many sessions there are: most of a life is for use. */
const LONGEST_LEAD_SHARE = 0.5;

/** S3 checks credentials as a request begins; what is served must outlast its way there. */
const FLOOR_SHARE = 0.1;
const FLOOR_MS = 60_000;

/** After a background renewal failed; doubles up to the maximum, and half of it is chance. */
const RETRY_MS = 1_000;
const RETRY_MAX_MS = 30_000;
/** Where AWS understood and refused, somebody has to mend something first. */
const REFUSED_RETRY_MS = 30_000;

/**
 * Without credentials a second failure in a row is the answer for this long, which doubles up to the maximum: whoever
 * repeats a request that fails must not make as many STS calls, which AWS limits for the whole account.
 */
const REFUSED_MS = 100;
const REFUSED_MAX_MS = 5_000;

export interface RenewedCredentials {
  /** What is valid now, at once; a promise only where nothing is. */
  credentials(): RoleCredentials | Promise<RoleCredentials>;
  /**
   * For credentials that S3 no longer takes: others than `rejected`, which there may be already.
   * @param mayObtain asked where that takes an STS call of its own
   * @returns undefined where it may not
   */
  replace(rejected: RoleCredentials, mayObtain: () => boolean): Promise<RoleCredentials> | undefined;
  /** Milliseconds of life; undefined without credentials, and where nobody has asked since renewal was due: that is no news. */
  remaining(): number | undefined;
}

/**
 * No timer is needed: Cloud Run takes the CPU away between requests, so clocks decide as requests come.
 * @param obtain one walk of the chain; at most one is under way at a time, whoever waits for it or goes away
 * @param pace of the renewals that nobody waits for yet, those of all sessions together
 * @param onFailed told of a background renewal that failed
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
      // While renewal fails, that nothing is left is the news.
      if (left <= 0) return held !== undefined && failures > 0 ? 0 : undefined;
      const unused = left <= leadMs && failures === 0 && obtaining === undefined;
      return unused ? undefined : left;
    },
  };
}

/** @param neededMs that all sessions take at the pace: they may have begun together */
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

/** STS limits an account as a whole (AWS, "IAM and STS quotas"); what a burst of renewals leaves must be enough for first requests. */
const PER_SECOND = 10;
const BURST = 10;

export interface RenewalPace {
  /** Whether one more renewal may begin now; counts it where it may. */
  mayRenew(): boolean;
  /** Milliseconds that it takes to renew all sessions. */
  neededMs(): number;
}

/** @param sessions that there are now */
export function renewalPace(sessions: () => number): RenewalPace {
  let tokens = BURST;
  let counted = performance.now();
  return {
    mayRenew: () => {
      const now = performance.now();
      tokens = Math.min(BURST, tokens + ((now - counted) / 1000) * PER_SECOND);
      counted = now;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
    neededMs: () => (sessions() / PER_SECOND) * 1000,
  };
}
