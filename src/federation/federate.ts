// From a permit to a session of its bucket's role, narrowed to the caller's grants and named after whom the role says.
import type { Bucket, Grant, Role } from '../config/types.ts';
import { asFault } from '../errors/fault.ts';
import type { Fault } from '../errors/fault.ts';
import { attributionOf, bridgeSessionName, namesTheCaller } from './session-name.ts';
import type { AttributedCaller, Attribution } from './session-name.ts';
import type { RoleCredentials } from './credentials.ts';
import { createReadiness } from './readiness.ts';
import type { AssumeChain } from './role-chain.ts';
import { sessionPolicies } from '../policy/session-policy.ts';
import { createSessions } from './session-cache.ts';
import type { Session } from './session-cache.ts';

/** What authorisation decided: only this can name a role. */
export interface Permitted {
  readonly bucket: Bucket;
  readonly decided: readonly Grant[];
  readonly grants: readonly Grant[];
}

export interface Federation {
  /** @throws Fault sts_…, metadata_… */
  federate(permit: Permitted, caller: AttributedCaller): Session | Promise<Session>;
  /** Least seconds of life of the credentials in use, by role name. */
  remainingSeconds(): ReadonlyMap<string, number>;
  isReady(): boolean;
  /** Other roles from now on; credentials of all but the `kept` are dropped. */
  change(roles: readonly Role[], kept: ReadonlySet<string>): void;
  close(): void;
}

/** What a session may do that only shows that a role can be assumed: nothing. */
export const DENY_ALL = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }],
});

/**
 * @param options.names where this bridge runs, outermost first: names it in sessions of roles that say `session: bridge`
 * @param options.onAssumed told of each walk of a role's chain: a fault, or undefined where it succeeded
 */
export function createFederation(options: {
  readonly assumeChain: AssumeChain;
  readonly roles: readonly Role[];
  readonly names: () => Promise<readonly string[]>;
  readonly onAssumed: (role: Role, fault: Fault | undefined) => void;
  readonly onRenewalFailed: (roleName: string, fault: Fault) => void;
}): Federation {
  const bridgeName = async (): Promise<string> => bridgeSessionName(await options.names());

  const assume = async (
    role: Role,
    attribution: Attribution | Promise<Attribution>,
    policy: string,
  ): Promise<RoleCredentials> => {
    try {
      const credentials = await options.assumeChain(role, await attribution, policy);
      readiness.record(role, { failing: false, credentials });
      options.onAssumed(role, undefined);
      return credentials;
    } catch (error) {
      const fault = asFault(error);
      if (!rejectsOneCaller(role, fault)) readiness.record(role, { failing: true });
      options.onAssumed(role, fault);
      throw error;
    }
  };
  const sessions = createSessions(assume, (roleName, error) => {
    options.onRenewalFailed(roleName, asFault(error));
  });
  const asBridge = async (): Promise<Attribution> => ({ sessionName: await bridgeName() });
  /** As far as can be known before a caller asks: a partner may trust particular callers alone. */
  const probe = async (role: Role): Promise<void> => {
    const naming = role.then.findIndex(namesTheCaller);
    if (naming === -1) {
      await assume(role, asBridge(), DENY_ALL);
      return;
    }
    try {
      await options.assumeChain({ ...role, then: role.then.slice(0, naming) }, await asBridge(), DENY_ALL);
      readiness.record(role, { failing: false });
    } catch (error) {
      readiness.record(role, { failing: true });
      options.onAssumed(role, asFault(error));
    }
  };
  const readiness = createReadiness(options.roles, probe);

  const policyOf = sessionPolicies();

  // Without a promise where there are credentials, as nearly always.
  const sessionFor = (
    permit: Permitted,
    caller: AttributedCaller,
    name: string,
  ): Session | Promise<Session> => {
    const { bucket, decided, grants } = permit;
    const session = sessions.of(
      bucket.role,
      attributionOf(bucket.role, caller, name),
      policyOf(bucket, decided, grants),
    );
    const held = session.credentials();
    return held instanceof Promise ? held.then(() => session) : session;
  };

  return {
    federate: (permit, caller) =>
      permit.bucket.role.session === 'caller'
        ? sessionFor(permit, caller, '')
        : bridgeName().then((name) => sessionFor(permit, caller, name)),
    remainingSeconds: sessions.remainingSeconds,
    isReady: readiness.isReady,
    change: (roles, kept) => {
      sessions.keepOnly(roles.filter(({ name }) => kept.has(name)));
      readiness.change(roles);
    },
    close: readiness.close,
  };
}

/** What a hop that learns who asks says to one caller is nothing about the others. */
function rejectsOneCaller({ then }: Role, { code, detail }: Fault): boolean {
  const naming = then.findIndex(namesTheCaller);
  return naming !== -1 && code === 'sts_hop_denied' && Number(detail['hop'] ?? 0) > naming;
}
