// Assumes role chains with the bridge's identity, which comes from Google or an AWS profile. Used by the bridge and the
// commands.
import { hostname } from 'node:os';
import type { Config } from '../config/types.ts';
import type { AttributedCaller } from '../federation/session-name.ts';
import type { AccessKeys } from '../federation/credentials.ts';
import { awsProfile } from '../federation/aws-profile.ts';
import { withFittingPolicies } from '../federation/packed-policy.ts';
import { roleChain } from '../federation/role-chain.ts';
import type { AssumeChain, ChainStart } from '../federation/role-chain.ts';
import { bridgeSessionName } from '../federation/session-name.ts';
import { createSts } from '../federation/sts-calls.ts';
import { createIdentity } from '../identity/identity.ts';
import type { Identity } from '../identity/identity.ts';

export interface RoleAccess {
  /** The bridge's identity in Google; undefined if an AWS profile is used instead. */
  readonly identity: Identity | undefined;
  readonly assumeChain: AssumeChain;
  /** Like `assumeChain`, but never omits the Deny statements of a session policy. */
  readonly assumeChainStrictly: AssumeChain;
  /** Names that show where the bridge runs, outermost first, for use in session names. @throws Fault metadata_… */
  names(): Promise<readonly string[]>;
  /**
   * Returns the bridge itself as the caller, for sessions that no caller requested. @throws the same faults as fetching the
   * identity token
   */
  self(): Promise<AttributedCaller>;
  /** If the identity needs an MFA code, prompts for it at once; otherwise does nothing. @throws Fault profile_… */
  prepare(): Promise<void>;
  /** @returns the ARN of the credentials' principal. @throws Fault sts_… */
  callerIdentity(keys: AccessKeys): Promise<string>;
  close(): void;
}

/** @param askMfaCode prompts for an MFA device's code; called at most once */
export function createRoleAccess(
  config: Pick<Config, 'aws' | 'platform' | 'identity' | 'googleApis'>,
  askMfaCode: (mfaSerial: string) => Promise<string>,
): RoleAccess {
  const { region, stsEndpoint } = config.aws;
  const sts = createSts({ region, ...(stsEndpoint === undefined ? {} : { endpoint: stsEndpoint }) });
  const chainsFrom = (start: ChainStart): Pick<RoleAccess, 'assumeChain' | 'assumeChainStrictly'> => ({
    assumeChain: roleChain(withFittingPolicies(sts), start),
    assumeChainStrictly: roleChain(sts, start),
  });
  const { callerIdentity, close } = sts;
  if (config.identity.kind === 'profile') {
    const profile = awsProfile({
      name: config.identity.name,
      region,
      askCode: askMfaCode,
      ...(stsEndpoint === undefined ? {} : { stsEndpoint }),
    });
    const names = () => Promise.resolve([hostname()]);
    return {
      identity: undefined,
      ...chainsFrom({ kind: 'profile', keys: profile.credentials }),
      names,
      self: async () => ({ subject: bridgeSessionName(await names()) }),
      prepare: profile.prepare,
      callerIdentity,
      close,
    };
  }
  const identity = createIdentity({ ...config, identity: config.identity });
  return {
    identity,
    ...chainsFrom({ kind: 'identity-token', token: identity.token }),
    names: identity.names,
    self: async () => {
      const { sub, email } = (await identity.token({ refresh: false })).claims;
      return {
        subject: sub ?? bridgeSessionName(await identity.names()),
        ...(email === undefined ? {} : { email }),
      };
    },
    prepare: () => Promise.resolve(),
    callerIdentity,
    close,
  };
}
