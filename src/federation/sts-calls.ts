// Calls STS: for a role's credentials by identity token, for a further role's with those, and for whom credentials are.
import { Fault } from '../errors/fault.ts';
import type { FaultDetail } from '../errors/fault.ts';
import type { AccessKeys, RoleCredentials } from './credentials.ts';
import { createStsClient } from './sts-client.ts';
import type { StsEndpoint } from './sts-client.ts';
import { stsRefusal } from './sts-refusal.ts';

/** What both ways to assume a role have in common. */
export interface RoleSession {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly durationSeconds: number;
  /** Absent: all that the role itself may do. */
  readonly policy?: string;
}

/** A session of a further role (STS, AssumeRole). */
export interface HopSession extends RoleSession {
  readonly externalId?: string;
  readonly sourceIdentity?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly transitiveTags: readonly string[];
  /** IAM actions that both sides must allow; for the log line alone. */
  readonly needs: readonly string[];
}

/** The identity token that STS is shown; only what the call and its log line need of it. */
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
  /** @param keys whose right to assume the role is used. @throws Fault sts_… */
  assumeRole(session: HopSession, keys: AccessKeys, signal: AbortSignal): Promise<RoleCredentials>;
  /** @returns the ARN that AWS knows the credentials by; asking needs no permission. @throws Fault sts_… */
  callerIdentity(keys: AccessKeys): Promise<string>;
  close(): void;
}

/** Callers without credentials wait for it, two attempts included. */
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
        if (arn === undefined) throw new Fault('sts_failed', { error: 'answer without an ARN' });
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

/** The SDK would send an empty list as `Tags=`, which says that there are session tags to whoever looks for the parameter. */
const unlessEmpty = <Item>(list: Item[]): Item[] | undefined => (list.length === 0 ? undefined : list);

const namesOf = ({ roleArn, sessionName }: RoleSession): FaultDetail => ({ roleArn, sessionName });

/** The claims beside the condition keys that they meet in the role's trust policy (IAM user guide, "AWS global and IAM condition context keys"). */
const comparedWithTrust = ({ azp, aud, sub, email }: FaultDetail): FaultDetail => ({
  'accounts.google.com:aud': azp ?? aud,
  'accounts.google.com:oaud': aud,
  'accounts.google.com:sub': sub,
  'accounts.google.com:email': email,
});

/** What the trust policy of a further role may ask for, by condition key, and the actions that both sides must allow. */
function neededOfTrust({ externalId, sourceIdentity, tags, transitiveTags, needs }: HopSession): FaultDetail {
  return {
    // Its owner may take it for a secret.
    'sts:ExternalId': externalId === undefined ? undefined : '(as configured)',
    'sts:SourceIdentity': sourceIdentity,
    ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value])),
    'sts:TransitiveTagKeys': transitiveTags.length === 0 ? undefined : transitiveTags.join(' '),
    needs: needs.join(' '),
  };
}
