// Decides whether a refusal of S3 is worth new credentials: what refuses every set must not make each request an STS call.
import type { Refusal } from './refusal.ts';

/** S3's codes for credentials that it does not take: ours, so never the caller's fault. */
const REJECTIONS = new Set([
  'ExpiredToken',
  'InvalidToken',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'RequestTimeTooSkewed',
]);

/** For each role, this many renewals at once after rejections, and one more every so often. */
const REJECTED_BURST = 10;
const REJECTED_INTERVAL_MS = 6_000;

/** The owner may have revoked a role's older sessions, which only a new one mends; one look a minute for each role. */
const DENIED_INTERVAL_MS = 60_000;

export function isRejection({ code }: Refusal): boolean {
  return code !== undefined && REJECTIONS.has(code);
}

/** Whether other credentials may bring another answer. HEAD has no body to name a code, so that its 400 and 403 may be either. */
export function mayBeOurs(refusal: Refusal): boolean {
  const { code, status } = refusal;
  if (code === undefined) return status === 400 || status === 403;
  // What a clock is to blame for, no set of credentials mends.
  return code === 'AccessDenied' || (code !== 'RequestTimeTooSkewed' && isRejection(refusal));
}

/** @returns a function that says whether a refusal is worth an STS call, and counts it where it says so */
export function renewalBudget(): (roleName: string, refusal: Refusal) => boolean {
  const rejections = budget(REJECTED_BURST, REJECTED_INTERVAL_MS);
  const denials = budget(1, DENIED_INTERVAL_MS);
  return (roleName, refusal) => {
    return isRejection(refusal) ? rejections(roleName) : denials(roleName);
  };
}

/** Grants `burst` at once for a name, and one more every `intervalMs`. */
function budget(burst: number, intervalMs: number): (name: string) => boolean {
  // When each name will have its whole burst again, by a clock that nobody sets.
  const fullAt = new Map<string, number>();
  return (name) => {
    const now = performance.now();
    const full = Math.max(now, fullAt.get(name) ?? 0) + intervalMs;
    if (full > now + burst * intervalMs) return false;
    fullAt.set(name, full);
    return true;
  };
}
