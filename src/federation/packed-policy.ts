// Retries without the session policy's Deny statements if STS reports that the packed policy is too large.
import { Fault } from '../errors/fault.ts';
import type { RoleCredentials } from './credentials.ts';
import { withoutDenials } from '../policy/session-policy.ts';
import type { RoleSession, Sts } from './sts-calls.ts';

/**
 * Wraps an STS client so that a read does not fail because of its policy's Deny statements, which are only a second line of
 * defense. STS limits the packed size of a policy, which cannot be computed from the policy's length (AssumeRole,
 * PackedPolicyTooLarge).
 */
export function withFittingPolicies(sts: Sts): Sts {
  return {
    ...sts,
    assumeRoleWithWebIdentity: (session, identity, signal) =>
      fitting(session, (narrowed) => sts.assumeRoleWithWebIdentity(narrowed, identity, signal)),
    assumeRole: (session, keys, signal) =>
      fitting(session, (narrowed) => sts.assumeRole(narrowed, keys, signal)),
  };
}

async function fitting<Session extends RoleSession>(
  session: Session,
  assume: (session: Session) => Promise<RoleCredentials>,
): Promise<RoleCredentials> {
  try {
    return await assume(session);
  } catch (error) {
    const shorter = session.policy === undefined ? undefined : withoutDenials(session.policy);
    if (shorter === undefined || !(error instanceof Fault) || error.code !== 'sts_policy_too_large')
      throw error;
    return assume({ ...session, policy: shorter });
  }
}
