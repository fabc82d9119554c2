// Provides the session for a permit. The session is for the bucket's role, is limited to the caller's grants, and is named after
// the caller or the bridge.
import type { Bucket, Grant, Role } from '../config/types.ts';
import { asFault, Fault } from '../errors/fault.ts';
import {
  attributionOf,
  bridgeSessionName,
  callerSessionName,
  namesTheCaller,
  vendedSessionName,
} from './session-name.ts';
import type { AttributedCaller, Attribution } from './session-name.ts';
import type { RoleCredentials } from './credentials.ts';
import { createReadiness } from './readiness.ts';
import type { AssumeChain } from './role-chain.ts';
import { sessionPolicies } from '../policy/session-policy.ts';
import { createSessions } from './session-cache.ts';
import type { Session } from './session-cache.ts';
import { isPending } from '../runtime/maybe-promise.ts';
import type { MaybePromise } from '../runtime/maybe-promise.ts';

/** The result of authorization, which is required to assume a role for a caller. */
export interface Permitted {
  readonly bucket: Bucket;
  readonly decided: readonly Grant[];
  readonly grants: readonly Grant[];
}

/** Credentials that a caller receives and uses itself. */
export interface VendedCredentials extends RoleCredentials {
  readonly sessionName: string;
}

/**
 * The maximum lifetime of credentials that the bridge issues to callers. The lifetime is short, because only the role's owner can
 * revoke such credentials.
 */
const MAX_VENDED_SECONDS = 3600;

export interface Federation {
  /** @throws Fault sts_…, metadata_… */
  federate(permit: Permitted, caller: AttributedCaller): MaybePromise<Session>;
  /**
   * Always starts a new session, so that the bridge's own sessions and the caller's can be distinguished and revoked separately.
   * @throws Fault vend_policy_too_large, sts_…, metadata_…
   */
  vend(
    permit: { readonly bucket: Bucket; readonly policy: string },
    caller: AttributedCaller,
  ): Promise<VendedCredentials>;
  /** Maps each role name to the shortest remaining lifetime of the role's credentials, in seconds. */
  remainingSeconds(): ReadonlyMap<string, number>;
  isReady(): boolean;
  /** Replaces the roles; drops the credentials for all roles that are not in `kept`. */
  change(roles: readonly Role[], kept: ReadonlySet<string>): void;
  close(): void;
}

/** The session policy for probes, which only check whether a role can be assumed. */
export const DENY_ALL = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }],
});

/**
 * @param options.names returns the names of the project and the instance or service; used if a role has `session: bridge`
 * @param options.onAssumed called after each attempt to assume a role's chain; the fault is undefined if the attempt succeeded
 */
export function createFederation(options: {
  readonly assumeChain: AssumeChain;
  /** Like `assumeChain`, but never omits the policy's Deny statements. */
  readonly assumeChainStrictly: AssumeChain;
  readonly roles: readonly Role[];
  readonly names: () => Promise<readonly string[]>;
  readonly onAssumed: (role: Role, fault: Fault | undefined) => void;
  readonly onRenewalFailed: (roleName: string, fault: Fault) => void;
}): Federation {
  const bridgeName = async (): Promise<string> => bridgeSessionName(await options.names());

  const assume = async (
    role: Role,
    attribution: MaybePromise<Attribution>,
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
  /**
   * Assumes the chain of roles, but stops before the first hop that sends the caller's identity. A probe has no caller, and the
   * role of this hop may trust only particular callers.
   */
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
  const nameOf = cachedNames();

  // Returns synchronously if credentials are cached, which is nearly always the case.
  const sessionFor = (permit: Permitted, caller: AttributedCaller, name: string): MaybePromise<Session> => {
    const { bucket, decided, grants } = permit;
    const session = sessions.of(
      bucket.role,
      attributionOf(bucket.role, caller, name),
      policyOf(bucket, decided, grants),
    );
    const held = session.credentials();
    return isPending(held) ? held.then(() => session) : session;
  };

  /**
   * Assumes the role for a caller. The outcome does not affect readiness, because the role's owner may trust only the sessions
   * that the bridge itself uses.
   */
  const vend: Federation['vend'] = async ({ bucket: { role }, policy }, caller) => {
    const sessionName = vendedSessionName(caller);
    const shortened = { ...role, durationSeconds: Math.min(role.durationSeconds, MAX_VENDED_SECONDS) };
    try {
      const credentials = await options.assumeChainStrictly(
        shortened,
        attributionOf(role, caller, sessionName),
        policy,
      );
      options.onAssumed(role, undefined);
      return { ...credentials, sessionName };
    } catch (error) {
      const fault = asFault(error);
      options.onAssumed(role, fault);
      throw fault.code === 'sts_policy_too_large' ? new Fault('vend_policy_too_large', fault.detail) : error;
    }
  };

  return {
    vend,
    federate: (permit, caller) =>
      permit.bucket.role.session === 'caller'
        ? sessionFor(permit, caller, nameOf(caller))
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

/**
 * Whether the denial might affect only one caller: a hop that receives the caller's identity may deny one caller and accept
 * others.
 */
function rejectsOneCaller({ then }: Role, { code, detail }: Fault): boolean {
  const naming = then.findIndex(namesTheCaller);
  return naming !== -1 && code === 'sts_hop_denied' && Number(detail['hop'] ?? 0) > naming;
}

/** Caches session names, because a caller's object is reused as long as the caller's token is valid. */
function cachedNames(): (caller: AttributedCaller) => string {
  const names = new WeakMap<AttributedCaller, string>();
  return (caller) => {
    let name = names.get(caller);
    if (name === undefined) names.set(caller, (name = callerSessionName(caller)));
    return name;
  };
}
