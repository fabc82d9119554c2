// Calls STS: AssumeRoleWithWebIdentity for the first role, AssumeRole for chained roles, and GetCallerIdentity.
import { Fault } from '../errors/fault.ts';
import type { FaultDetail } from '../errors/fault.ts';
import type { AccessKeys, RoleCredentials } from './credentials.ts';
import { createStsClient } from './sts-client.ts';
import type { StsEndpoint } from './sts-client.ts';
import { stsRefusal } from './sts-refusal.ts';

/** Parameters that AssumeRole and AssumeRoleWithWebIdentity have in common. */
export interface RoleSession {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly durationSeconds: number;
  /** The session policy; by default, the session has all of the role's permissions. */
  readonly policy?: string;
}

/** Parameters for a chained role (STS API Reference, "AssumeRole"). */
export interface HopSession extends RoleSession {
  readonly externalId?: string;
  readonly sourceIdentity?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly transitiveTags: readonly string[];
  /** IAM actions that the assuming identity's policy and the trust policy must both allow; only for the log. */
  readonly needs: readonly string[];
}

/** An identity token for the STS call, and its claims for the log line. */
export interface PresentedIdentity {
  readonly jwt: string;
  readonly claims: FaultDetail;
}

export interface Sts {
  /** @throws Fault sts_… */
  assumeRoleWithWebIdentity(
    session: RoleSession,
    identity: PresentedIdentity,
    signal: AbortSignal,
  ): Promise<RoleCredentials>;
  /** @param keys credentials of an identity that may assume the role. @throws Fault sts_… */
  assumeRole(session: HopSession, keys: AccessKeys, signal: AbortSignal): Promise<RoleCredentials>;
  /** @returns the ARN of the credentials' principal. GetCallerIdentity needs no permission. @throws Fault sts_… */
  callerIdentity(keys: AccessKeys): Promise<string>;
  close(): void;
}

/** The deadline for one STS call, including all attempts. Callers without a cached session wait for the call. */
const DEADLINE_MS = 6_000;
const ATTEMPTS = 2;

export function createSts(options: StsEndpoint): Sts {
  const client = createStsClient({ ...options, attempts: ATTEMPTS });
  const withinDeadline = (...signals: readonly AbortSignal[]): AbortSignal =>
    AbortSignal.any([AbortSignal.timeout(DEADLINE_MS), ...signals]);
  return {
    assumeRoleWithWebIdentity: async (session, { jwt, claims }, signal) => {
      try {
        return await client.assumeRoleWithWebIdentity(
          { ...parametersOf(session), WebIdentityToken: jwt },
          withinDeadline(signal),
        );
      } catch (error) {
        throw stsRefusal(error, { ...namesOf(session), ...comparedWithTrust(claims) });
      }
    },
    assumeRole: async (session, keys, signal) => {
      const { externalId, sourceIdentity, tags, transitiveTags } = session;
      const input = {
        ...parametersOf(session),
        ExternalId: externalId,
        SourceIdentity: sourceIdentity,
        Tags: unlessEmpty(Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))),
        TransitiveTagKeys: unlessEmpty([...transitiveTags]),
      };
      try {
        return await client.withCredentials(keys).assumeRole(input, withinDeadline(signal));
      } catch (error) {
        throw stsRefusal(error, { ...namesOf(session), ...neededOfTrust(session) });
      }
    },
    callerIdentity: async (keys) => {
      try {
        const arn = await client.withCredentials(keys).callerIdentity(withinDeadline());
        if (arn === undefined) throw new Fault('sts_failed', { error: 'response without an ARN' });
        return arn;
      } catch (error) {
        throw stsRefusal(error, {});
      }
    },
    close: client.close,
  };
}

const parametersOf = ({ roleArn, sessionName, durationSeconds, policy }: RoleSession) => ({
  RoleArn: roleArn,
  RoleSessionName: sessionName,
  DurationSeconds: durationSeconds,
  Policy: policy,
});

/**
 * Returns undefined for an empty list. The SDK would send such a list as `Tags=`, and some servers would treat the mere presence
 * of this parameter as session tags.
 */
const unlessEmpty = <Item>(list: Item[]): Item[] | undefined => (list.length === 0 ? undefined : list);

const namesOf = ({ roleArn, sessionName }: RoleSession): FaultDetail => ({ roleArn, sessionName });

/**
 * Renames the token's claims to the condition keys that the role's trust policy compares (IAM user guide, "AWS global and IAM
 * condition context keys").
 */
const comparedWithTrust = ({ azp, aud, sub, email }: FaultDetail): FaultDetail => ({
  'accounts.google.com:aud': azp ?? aud,
  'accounts.google.com:oaud': aud,
  'accounts.google.com:sub': sub,
  'accounts.google.com:email': email,
});

/**
 * Returns the values that a chained role's trust policy may require, by condition key, and the IAM actions that the call needs.
 */
function neededOfTrust({ externalId, sourceIdentity, tags, transitiveTags, needs }: HopSession): FaultDetail {
  return {
    // Omits the external ID, because the role's owner may consider it a secret.
    'sts:ExternalId': externalId === undefined ? undefined : '(as configured)',
    'sts:SourceIdentity': sourceIdentity,
    ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value])),
    'sts:TransitiveTagKeys': transitiveTags.length === 0 ? undefined : transitiveTags.join(' '),
    needs: needs.join(' '),
  };
}
