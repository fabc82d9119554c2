// Spreads renewals over time: thousands of sessions that began together must not ask STS together.

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
