// Asks STS: for a role's credentials by identity token, for a further role's by those, and who credentials are.
import {
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
  STSClient,
} from '@aws-sdk/client-sts';
import type { STSClientConfig } from '@aws-sdk/client-sts';
import { awsDomain } from '../config/aws-names.ts';
import { Fault } from '../errors/fault.ts';
import type { FaultDetail } from '../errors/fault.ts';
import type { AccessKeys, RoleCredentials } from './credentials.ts';
import { dateOf, readStsResponse } from './sts-response.ts';
import { startElapsed } from '../runtime/elapsed.ts';
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

/** STS answers in 50 to 200 ms; callers without credentials wait for it, two attempts included. */
const DEADLINE_MS = 6_000;
const ATTEMPT_MS = 3_000;
const ATTEMPTS = 2;
/** The SDK's 50 would have callers of a cold start wait for each other, on the attempt's time. */
const SOCKETS = 256;

/** @param options.endpoint absent: the region's own, `sts.REGION.amazonaws.com`, never the global one (AWS, "STS Regions and endpoints") */
export function createSts(options: { readonly region: string; readonly endpoint?: string }): Sts {
  const { region, endpoint = `https://sts.${region}.${awsDomain(region)}` } = options;
  const settings = {
    region,
    // Said, as the SDK would otherwise look for one in the environment and in profiles.
    endpoint,
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    retryMode: 'standard',
    maxAttempts: ATTEMPTS,
    requestHandler: {
      connectionTimeout: ATTEMPT_MS,
      requestTimeout: ATTEMPT_MS,
      httpAgent: { keepAlive: true, maxSockets: SOCKETS },
      // Stated, as Node has a variable that turns the default around.
      httpsAgent: { keepAlive: true, maxSockets: SOCKETS, rejectUnauthorized: true },
      throwOnRequestTimeout: true,
    },
  } as const;
  const { client, answeredAt } = datedClients();
  const unsigned = client(settings);
  const within = (...signals: readonly AbortSignal[]) => ({
    abortSignal: AbortSignal.any([AbortSignal.timeout(DEADLINE_MS), ...signals]),
  });
  /** A client has one set of credentials; the connections are common to all. */
  const as = (credentials: AccessKeys): STSClient =>
    client({ ...settings, requestHandler: unsigned.config.requestHandler, credentials });
  return {
    assumeRoleWithWebIdentity: async (session, { jwt, claims }, signal) => {
      const command = new AssumeRoleWithWebIdentityCommand({ ...common(session), WebIdentityToken: jwt });
      try {
        const age = startElapsed();
        const answer = await unsigned.send(command, within(signal));
        return readStsResponse(session.roleArn, answer, answeredAt(answer), age);
      } catch (error) {
        throw stsRefusal(error, { ...told(session), ...comparedWithTrust(claims) });
      }
    },
    assumeRole: async (session, keys, signal) => {
      const { externalId, sourceIdentity, tags, transitiveTags } = session;
      const command = new AssumeRoleCommand({
        ...common(session),
        ExternalId: externalId,
        SourceIdentity: sourceIdentity,
        Tags: unlessEmpty(Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))),
        TransitiveTagKeys: unlessEmpty([...transitiveTags]),
      });
      try {
        const age = startElapsed();
        const answer = await as(keys).send(command, within(signal));
        return readStsResponse(session.roleArn, answer, answeredAt(answer), age);
      } catch (error) {
        throw stsRefusal(error, { ...told(session), ...askedOfTrust(session) });
      }
    },
    callerIdentity: async (keys) => {
      try {
        const command = new GetCallerIdentityCommand();
        const { Arn: arn } = await as(keys).send(command, within());
        if (arn === undefined) throw new Fault('sts_failed', { error: 'answer without an ARN' });
        return arn;
      } catch (error) {
        throw stsRefusal(error, {});
      }
    },
    close: () => {
      unsigned.destroy();
    },
  };
}

const common = ({ roleArn, sessionName, durationSeconds, policy }: RoleSession) => ({
  RoleArn: roleArn,
  RoleSessionName: sessionName,
  DurationSeconds: durationSeconds,
  Policy: policy,
});

/** The SDK would send an empty list as `Tags=`, which says that there are session tags to whoever looks for the parameter. */
const unlessEmpty = <Item>(list: Item[]): Item[] | undefined => (list.length === 0 ? undefined : list);

/** @returns a maker of clients, and when (by STS's clock, milliseconds since the epoch) STS gave one of their answers */
function datedClients(): {
  client(config: STSClientConfig): STSClient;
  answeredAt(answer: object): number;
} {
  const dates = new WeakMap<object, number>();
  return {
    client: (config) => {
      const made = new STSClient(config);
      made.middlewareStack.add(
        (next) => async (args) => {
          const result = await next(args);
          dates.set(result.output, dateOf(result.response));
          return result;
        },
        // The outermost step: within the one that deserializes the client's own comes first, and there is no output yet.
        { step: 'initialize' },
      );
      return made;
    },
    answeredAt: (answer) => dates.get(answer) ?? Number.NaN,
  };
}

const told = ({ roleArn, sessionName }: RoleSession): FaultDetail => ({ roleArn, sessionName });

/** The claims beside the condition keys that they meet in the role's trust policy (IAM user guide, "AWS global and IAM condition context keys"). */
const comparedWithTrust = ({ azp, aud, sub }: FaultDetail): FaultDetail => ({
  'accounts.google.com:aud': azp ?? aud,
  'accounts.google.com:oaud': aud,
  'accounts.google.com:sub': sub,
});

/** What the trust policy of a further role may ask for, by condition key, and the actions that both sides must allow. */
function askedOfTrust({ externalId, sourceIdentity, tags, transitiveTags, needs }: HopSession): FaultDetail {
  return {
    // Its owner may take it for a secret.
    'sts:ExternalId': externalId === undefined ? undefined : '(as configured)',
    'sts:SourceIdentity': sourceIdentity,
    ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value])),
    'sts:TransitiveTagKeys': transitiveTags.length === 0 ? undefined : transitiveTags.join(' '),
    needs: needs.join(' '),
  };
}
