// Keeps one set of credentials valid: renews ahead in the background of a request, serves the old ones while that fails.
import type { RoleCredentials } from './assume-role.ts';

/** Renewal begins when this share of the life, or this time, is left, whichever is less; and earlier by the jitter below. */
const LEAD_SHARE = 0.2;
const LEAD_MS = 5 * 60_000;
/** Spread over instances that started together, as a share of the lead. */
const LEAD_JITTER = 0.2;

/** S3 checks credentials as a request begins; what is served must outlast its way there. */
const FLOOR_SHARE = 0.1;
const FLOOR_MS = 60_000;

/** After a background renewal failed; doubles up to the maximum, and half of it is chance. */
const RETRY_MS = 1_000;
const RETRY_MAX_MS = 30_000;

/**
 * Without credentials a second failure in a row is the answer for this long, which doubles up to the maximum: whoever
 * repeats a request that fails must not make as many STS calls, which AWS limits for the whole account.
 */
const REFUSED_MS = 100;
const REFUSED_MAX_MS = 5_000;

export interface Renewing {
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
 * No timer is needed: Cloud Run takes the CPU away between requests, so a clock decides as requests come.
 * @param obtain one STS call; at most one is under way at a time, whoever waits for it or goes away
 * @param onFailed told of a background renewal that failed
 */
export function renewing(
  obtain: () => Promise<RoleCredentials>,
  onFailed: (error: unknown) => void,
): Renewing {
  let held: RoleCredentials | undefined;
  let renewAt = 0;
  let failures = 0;
  let obtaining: Promise<RoleCredentials> | undefined;
  let refused: { readonly call: Promise<RoleCredentials>; readonly until: number } | undefined;

  const renew = (): Promise<RoleCredentials> => {
    if (obtaining !== undefined) return obtaining;
    if (refused !== undefined && Date.now() < refused.until) return refused.call;
    const call = obtain()
      .then(
        (fresh) => {
          held = fresh;
          failures = 0;
          const lead = Math.min((fresh.expiresAt - fresh.obtainedAt) * LEAD_SHARE, LEAD_MS);
          renewAt = fresh.expiresAt - lead * (1 + Math.random() * LEAD_JITTER);
          return fresh;
        },
        (error: unknown) => {
          const now = Date.now();
          renewAt = now + Math.min(RETRY_MS * 2 ** failures, RETRY_MAX_MS) * (0.5 + Math.random() / 2);
          if (failures > 0)
            refused = { call, until: now + Math.min(REFUSED_MS * 2 ** (failures - 1), REFUSED_MAX_MS) };
          failures += 1;
          throw error;
        },
      )
      .finally(() => (obtaining = undefined));
    obtaining = call;
    return call;
  };

  const renewInBackground = (): void => {
    if (obtaining === undefined) renew().catch(onFailed);
  };

  return {
    credentials: () => {
      const now = Date.now();
      if (held === undefined || now >= lastUseOf(held)) return renew();
      if (now >= renewAt) renewInBackground();
      return held;
    },
    replace: (rejected, mayObtain) => {
      if (held !== undefined && held !== rejected) return Promise.resolve(held);
      return obtaining !== undefined || mayObtain() ? renew() : undefined;
    },
    remaining: () => {
      const now = Date.now();
      if (held === undefined || now >= held.expiresAt) return undefined;
      const unused = now >= renewAt && failures === 0 && obtaining === undefined;
      return unused ? undefined : held.expiresAt - now;
    },
  };
}

function lastUseOf({ obtainedAt, expiresAt }: RoleCredentials): number {
  return expiresAt - Math.min((expiresAt - obtainedAt) * FLOOR_SHARE, FLOOR_MS);
}
