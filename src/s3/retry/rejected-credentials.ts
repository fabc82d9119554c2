// Decides whether an error of S3 is worth new credentials, so that rejected reads cost a bounded number of STS calls.
import { tokenBuckets } from '../../runtime/rate-limits.ts';
import type { Rate, TokenBuckets } from '../../runtime/rate-limits.ts';
import type { S3Error } from '../s3-error.ts';

/** S3's codes for credentials that it rejects: the bridge's problem, never the caller's. */
const REJECTIONS = new Set([
  'ExpiredToken',
  'InvalidToken',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'RequestTimeTooSkewed',
]);

/**
 * Why other credentials may help. `explained`: S3 names the credentials, or a Deny in the role's own policy, which is how
 * an owner revokes sessions. `unexplained`: S3 gives no reason, as for HEAD, whose response has no body.
 */
export type RenewalReason = 'explained' | 'unexplained';

/** Renewals of one role: those of each caller, which leave the other callers theirs, and those of all callers. */
const RATES: Readonly<Record<RenewalReason, { readonly caller: Rate; readonly role: Rate }>> = {
  explained: {
    caller: { burst: 5, intervalMs: 24_000 },
    role: { burst: 20, intervalMs: 6_000 },
  },
  // Fewer, as without the right to list S3 denies each HEAD of a missing object.
  unexplained: {
    caller: { burst: 1, intervalMs: 300_000 },
    role: { burst: 10, intervalMs: 30_000 },
  },
};

/** After a revocation was proven, another one counts from then on: each lets all sessions of the role be renewed. */
const REVOCATION_INTERVAL_MS = 60_000;

export function isCredentialsError({ code }: S3Error): boolean {
  return code !== undefined && REJECTIONS.has(code);
}

/** @returns undefined if other credentials would be rejected as well */
export function renewalReasonFor(error: S3Error): RenewalReason | undefined {
  const { code, status, denial } = error;
  if (code === undefined) return status === 400 || status === 403 ? 'unexplained' : undefined;
  // No credentials fix a wrong clock.
  if (code === 'RequestTimeTooSkewed') return undefined;
  if (isCredentialsError(error)) return 'explained';
  if (code !== 'AccessDenied') return undefined;
  if (denial?.reason === undefined) return 'unexplained';
  return denial.reason === 'role policy' && denial.explicit === true ? 'explained' : undefined;
}

/** The session whose credentials S3 rejected; compared by identity, as it outlives them. */
export interface RejectedSession {
  readonly roleName: string;
}

export interface RenewalBudget {
  /**
   * @param caller unique ID
   * @returns whether an STS call may be spent; counted if so
   */
  spend(session: RejectedSession, caller: string, reason: RenewalReason): boolean;
  /** Whether a proof that the role's sessions were revoked would change anything. */
  wantsProof(session: RejectedSession): boolean;
  /** From now on each session of the role may be renewed once if it is rejected, whatever was spent. */
  proveRevocation(session: RejectedSession): void;
}

export function renewalBudget(): RenewalBudget {
  const budgets = { explained: roleBudgets(RATES.explained), unexplained: roleBudgets(RATES.unexplained) };
  const revokedAt = new Map<string, number>();
  /** The revocation after which a session was renewed. */
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
