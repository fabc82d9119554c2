// Joins who we are, at Google or by an AWS profile, with the chains of roles: for the bridge and for the commands.
import { hostname } from 'node:os';
import type { Config } from '../config/types.ts';
import type { AttributedCaller } from '../federation/attribution.ts';
import type { AccessKeys } from '../federation/credentials.ts';
import { awsProfile } from '../federation/aws-profile.ts';
import { withFittingPolicies } from '../federation/packed-policy.ts';
import { roleChain } from '../federation/role-chain.ts';
import type { AssumeChain } from '../federation/role-chain.ts';
import { bridgeSessionName } from '../federation/attribution.ts';
import { createSts } from '../federation/sts.ts';
import { createIdentity } from '../identity/identity.ts';
import type { Identity } from '../identity/identity.ts';

export interface RoleAccess {
  /** Who we are at Google; undefined where an AWS profile stands in for that. */
  readonly identity: Identity | undefined;
  readonly assumeChain: AssumeChain;
  /** Where we run, outermost first, for session names. @throws Fault metadata_… */
  names(): Promise<readonly string[]>;
  /** Who asks for a role where no caller does: we. @throws Fault as the identity token */
  self(): Promise<AttributedCaller>;
  /** Has what only a person at the terminal can give asked for at once; otherwise does nothing. @throws Fault profile_… */
  prepare(): Promise<void>;
  /** @returns the ARN that AWS knows credentials by. @throws Fault sts_… */
  callerIdentity(keys: AccessKeys): Promise<string>;
  close(): void;
}

/** @param askMfaCode asks the person at the terminal for the code of a device; never called twice */
export function createRoleAccess(
  config: Pick<Config, 'aws' | 'platform' | 'identity' | 'googleApis'>,
  askMfaCode: (mfaSerial: string) => Promise<string>,
): RoleAccess {
  const { region, stsEndpoint } = config.aws;
  const sts = withFittingPolicies(
    createSts({ region, ...(stsEndpoint === undefined ? {} : { endpoint: stsEndpoint }) }),
  );
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
      assumeChain: roleChain(sts, { kind: 'profile', keys: profile.credentials }),
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
    assumeChain: roleChain(sts, { kind: 'identity-token', token: identity.token }),
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
