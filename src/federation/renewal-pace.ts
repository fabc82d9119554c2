// Spreads renewals over time: thousands of sessions that began together must not ask STS together.

/** STS limits an account as a whole (AWS, "IAM and STS quotas"); what a burst of renewals leaves must be enough for first requests. */
const PER_SECOND = 10;
const BURST = 10;

/** @returns a function that says whether one more renewal may begin now, and counts it where it may */
export function renewalPace(): () => boolean {
  let tokens = BURST;
  let counted = performance.now();
  return () => {
    const now = performance.now();
    tokens = Math.min(BURST, tokens + ((now - counted) / 1000) * PER_SECOND);
    counted = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
