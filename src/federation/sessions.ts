// The sessions that we hold: one for each role, session name and policy, and never one for two of these.
import type { Role } from '../config.ts';
import type { RoleCredentials, RoleSession } from './assume-role.ts';
import { renewing } from './renewal.ts';
import type { Renewing } from './renewal.ts';

/** Each caller on each bucket may be one; about 5 KB each. */
const MAX_SESSIONS = 10_000;

export interface Sessions {
  of(role: Role, sessionName: string, policy: string): Renewing;
  /** Least seconds that credentials of each role have left, by role name. */
  remainingSeconds(): ReadonlyMap<string, number>;
}

interface Held extends Renewing {
  readonly roleName: string;
  readonly forget: () => void;
}

/**
 * @param assumeRole one STS call
 * @param onRenewalFailed told of background renewals that failed, by role name
 */
export function createSessions(
  assumeRole: (role: Role, session: RoleSession) => Promise<RoleCredentials>,
  onRenewalFailed: (roleName: string, error: unknown) => void,
): Sessions {
  // Nested maps, as joined strings could be made to meet.
  const roles = new Map<string, Map<string, Map<string, Held>>>();
  const byLastUse = new Set<Held>();

  const create = (role: Role, sessionName: string, policy: string): Held => {
    const names = getOrInsert(roles, role.name, () => new Map<string, Map<string, Held>>());
    const policies = getOrInsert(names, sessionName, () => new Map<string, Held>());
    const session = { roleArn: role.arn, sessionName, durationSeconds: role.durationSeconds, policy };
    const held: Held = {
      ...renewing(
        () => assumeRole(role, session),
        (error) => {
          onRenewalFailed(role.name, error);
        },
      ),
      roleName: role.name,
      forget: () => {
        policies.delete(policy);
        if (policies.size === 0) names.delete(sessionName);
      },
    };
    policies.set(policy, held);
    return held;
  };

  return {
    of: (role, sessionName, policy) => {
      const held = roles.get(role.name)?.get(sessionName)?.get(policy) ?? create(role, sessionName, policy);
      byLastUse.delete(held);
      byLastUse.add(held);
      if (byLastUse.size > MAX_SESSIONS) forgetLeastRecent(byLastUse);
      return held;
    },
    remainingSeconds: () => {
      const least = new Map<string, number>();
      for (const held of byLastUse) {
        const left = held.remaining();
        if (left !== undefined)
          least.set(held.roleName, Math.min(left / 1000, least.get(held.roleName) ?? Infinity));
      }
      return least;
    },
  };
}

function forgetLeastRecent(byLastUse: Set<Held>): void {
  for (const oldest of byLastUse) {
    byLastUse.delete(oldest);
    oldest.forget();
    return;
  }
}

function getOrInsert<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
