// Decides whether an S3 error justifies new credentials, and limits the number of STS calls that rejected reads cause.
import { tokenBuckets } from '../../runtime/rate-limits.ts';
import type { Rate, TokenBuckets } from '../../runtime/rate-limits.ts';
import type { S3Error } from '../s3-error.ts';

/** S3's error codes for rejected credentials. Callers cannot fix these errors, because the credentials are the bridge's. */
const REJECTIONS = new Set([
  'ExpiredToken',
  'InvalidToken',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'RequestTimeTooSkewed',
]);

/**
 * The reason why new credentials may help:
 * - `explained`: S3 reports that it rejected the credentials, or that the role's own policy denies the read. Owners revoke
 *   sessions with such a Deny.
 * - `unexplained`: S3 gives no reason, for example because a response to HEAD has no body.
 */
export type RenewalReason = 'explained' | 'unexplained';

/**
 * The renewal rates for one role. `caller` limits each caller, so that no caller uses up the others' share; `role` limits all
 * callers together.
 */
const RATES: Readonly<Record<RenewalReason, { readonly caller: Rate; readonly role: Rate }>> = {
  explained: {
    caller: { burst: 5, intervalMs: 24_000 },
    role: { burst: 20, intervalMs: 6_000 },
  },
  // The rates for unexplained errors are lower, because S3 denies each HEAD of a missing object if the role has no permission
  // to list the bucket.
  unexplained: {
    caller: { burst: 1, intervalMs: 300_000 },
    role: { burst: 10, intervalMs: 30_000 },
  },
};

/**
 * The minimum time between two proofs of revocation. Proofs must be rare, because each allows all of the role's sessions to be
 * renewed.
 */
const REVOCATION_INTERVAL_MS = 60_000;

export function isCredentialsError({ code }: Pick<S3Error, 'code'>): boolean {
  return code !== undefined && REJECTIONS.has(code);
}

/** @returns undefined if different credentials would be rejected as well */
export function renewalReasonFor(error: S3Error): RenewalReason | undefined {
  const { code, status, denial } = error;
  if (code === undefined) return status === 400 || status === 403 ? 'unexplained' : undefined;
  // New credentials do not fix a wrong clock.
  if (code === 'RequestTimeTooSkewed') return undefined;
  if (isCredentialsError(error)) return 'explained';
  if (code !== 'AccessDenied') return undefined;
  if (denial?.reason === undefined) return 'unexplained';
  return denial.reason === 'role policy' && denial.explicit === true ? 'explained' : undefined;
}

/** The session whose credentials S3 rejected. Sessions are compared as objects, because a session outlives its credentials. */
export interface RejectedSession {
  readonly roleName: string;
}

export interface RenewalBudget {
  /**
   * @param caller the caller's unique ID
   * @returns whether an STS call may be made; if so, the call is counted
   */
  spend(session: RejectedSession, caller: string, reason: RenewalReason): boolean;
  /** Whether `proveRevocation` would have an effect now. Shortly after an earlier proof, it has none. */
  wantsProof(session: RejectedSession): boolean;
  /** Allows each of the role's sessions to be renewed once more, regardless of the budget, if S3 rejects its credentials. */
  proveRevocation(session: RejectedSession): void;
}

export function renewalBudget(): RenewalBudget {
  const budgets = { explained: roleBudgets(RATES.explained), unexplained: roleBudgets(RATES.unexplained) };
  const revokedAt = new Map<string, number>();
  /** For each session, the time of the last revocation that caused its renewal. */
  const renewedAfter = new WeakMap<RejectedSession, number>();
  const wantsProof = ({ roleName }: RejectedSession): boolean => {
    const last = revokedAt.get(roleName);
    return last === undefined || performance.now() - last >= REVOCATION_INTERVAL_MS;
  };
  return {
    spend: (session, caller, reason) => {
      const revoked = revokedAt.get(session.roleName);
      if (revoked !== undefined && renewedAfter.get(session) !== revoked) {
        renewedAfter.set(session, revoked);
        return true;
      }
      return budgets[reason](session.roleName, caller);
    },
    wantsProof,
    proveRevocation: (session) => {
      if (!wantsProof(session)) return;
      const now = performance.now();
      revokedAt.set(session.roleName, now);
      renewedAfter.set(session, now);
    },
  };
}

function roleBudgets(rates: { readonly caller: Rate; readonly role: Rate }) {
  const roles = tokenBuckets(rates.role);
  const callersOf = new Map<string, TokenBuckets>();
  return (roleName: string, caller: string): boolean => {
    let callers = callersOf.get(roleName);
    if (callers === undefined) callersOf.set(roleName, (callers = tokenBuckets(rates.caller)));
    if (!callers.has(caller) || !roles.has(roleName)) return false;
    callers.take(caller);
    roles.take(roleName);
    return true;
  };
}
