// From a permit to a session of its bucket's role, narrowed to the caller's grants and named after whom the role says.
import type { Bucket, Grant, Role } from '../config.ts';
import { asFault } from '../fault.ts';
import type { Fault } from '../fault.ts';
import type { PresentedIdentity, RoleCredentials, RoleSession, Sts } from './assume-role.ts';
import { createReadiness } from './readiness.ts';
import { bridgeSessionName, callerSessionName } from './session-name.ts';
import { sessionPolicies } from './session-policy.ts';
import { createSessions } from './sessions.ts';

/** A role's session, with valid credentials in it when it is handed out. */
export interface Session {
  readonly roleName: string;
  readonly sessionName: string;
  credentials(): RoleCredentials | Promise<RoleCredentials>;
  /** As `Renewing` has it. */
  replace(rejected: RoleCredentials, mayObtain: () => boolean): Promise<RoleCredentials> | undefined;
}

/** What authorisation decided: only this can name a role. */
export interface Permitted {
  readonly bucket: Bucket;
  readonly decided: readonly Grant[];
  readonly grants: readonly Grant[];
}

export interface Federation {
  /** @throws Fault sts_…, metadata_… */
  federate(
    permit: Permitted,
    caller: { readonly subject: string; readonly email?: string },
  ): Promise<Session>;
  /** Least seconds of life of the credentials in use, by role name. */
  remainingSeconds(): ReadonlyMap<string, number>;
  isReady(): boolean;
  close(): void;
}

/** What a readiness probe's session may do: nothing. */
const NOTHING = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }],
});

/**
 * @param options.names where this bridge runs, outermost first: names it in sessions of roles that say `session: bridge`
 * @param options.onAssumed told of each STS exchange: a fault, or undefined where it succeeded
 */
export function createFederation(options: {
  readonly sts: Sts;
  readonly roles: readonly Role[];
  readonly identityToken: (options: { readonly anew: boolean }) => Promise<PresentedIdentity>;
  readonly names: () => Promise<readonly string[]>;
  readonly onAssumed: (role: Role, fault: Fault | undefined) => void;
  readonly onRenewalFailed: (roleName: string, fault: Fault) => void;
}): Federation {
  const { sts, identityToken } = options;
  const bridgeName = async (): Promise<string> => bridgeSessionName(await options.names());

  const assumeRole = async (
    role: Role,
    session: RoleSession | Promise<RoleSession>,
  ): Promise<RoleCredentials> => {
    try {
      const credentials = await sts.assumeRole(await session, identityToken);
      readiness.note(role, credentials.expiresAt);
      options.onAssumed(role, undefined);
      return credentials;
    } catch (error) {
      readiness.note(role, undefined);
      options.onAssumed(role, asFault(error));
      throw error;
    }
  };
  const sessions = createSessions(assumeRole, (roleName, error) => {
    options.onRenewalFailed(roleName, asFault(error));
  });
  const probeSession = async (role: Role): Promise<RoleSession> => ({
    ...{ roleArn: role.arn, durationSeconds: role.durationSeconds, policy: NOTHING },
    sessionName: await bridgeName(),
  });
  const readiness = createReadiness(options.roles, (role) => assumeRole(role, probeSession(role)));

  const policyOf = sessionPolicies();

  return {
    federate: async (permit, caller) => {
      const { role } = permit.bucket;
      const sessionName = role.session === 'caller' ? callerSessionName(caller) : await bridgeName();
      const session = sessions.of(role, sessionName, policyOf(permit.bucket, permit.decided, permit.grants));
      const held = session.credentials();
      if (held instanceof Promise) await held;
      const { credentials, replace } = session;
      return { roleName: role.name, sessionName, credentials, replace };
    },
    remainingSeconds: sessions.remainingSeconds,
    isReady: readiness.isReady,
    close: () => {
      readiness.close();
      sts.close();
    },
  };
}
