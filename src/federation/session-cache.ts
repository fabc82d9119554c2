// Caches sessions: one for each combination of role, attribution and policy.
import { lruList } from '../runtime/lru-list.ts';
import type { LruEntry } from '../runtime/lru-list.ts';
import type { Role } from '../config/types.ts';
import { attributionKey } from './session-name.ts';
import type { Attribution } from './session-name.ts';
import type { RoleCredentials } from './credentials.ts';
import { renewalPace, renewCredentials } from './renewal.ts';
import type { RenewedCredentials } from './renewal.ts';

/**
 * The maximum number of cached sessions. Each caller may need one session per bucket, and a session takes about 5 KB of memory.
 */
const MAX_SESSIONS = 10_000;

/** A role's session. Each use of its credentials also renews the credentials if renewal is due. */
export interface Session extends RenewedCredentials {
  readonly roleName: string;
  readonly sessionName: string;
}

export interface Sessions {
  of(role: Role, attribution: Attribution, policy: string): Session;
  /** Drops all sessions except those of the given roles. Two roles are the same only if their whole definitions are equal. */
  keepOnly(roles: readonly Role[]): void;
  /** Maps each role's name to the shortest remaining lifetime of its credentials, in seconds. */
  remainingSeconds(): ReadonlyMap<string, number>;
}

interface Held extends Session {
  readonly forget: () => void;
}

/** Sessions, grouped by attribution and then by policy. */
type ByAttribution = Map<string, Map<string, LruEntry<Held>>>;

/**
 * @param assume assumes the role's chain
 * @param onRenewalFailed called with the role name when a background renewal fails
 */
export function createSessions(
  assume: (role: Role, attribution: Attribution, policy: string) => Promise<RoleCredentials>,
  onRenewalFailed: (roleName: string, error: unknown) => void,
): Sessions {
  // Nested maps are used because a caller could make joined strings collide.
  const roles = new Map<string, ByAttribution>();
  const uses = lruList<Held>();
  const keyOf = roleKeys();
  const pace = renewalPace(uses.size);

  const create = (role: Role, attribution: Attribution, policy: string): LruEntry<Held> => {
    const key = attributionKey(attribution);
    const names = getOrInsert(roles, keyOf(role), (): ByAttribution => new Map());
    const policies = getOrInsert(names, key, () => new Map<string, LruEntry<Held>>());
    const held: Held = {
      ...renewCredentials(
        () => assume(role, attribution, policy),
        pace,
        (error) => {
          onRenewalFailed(role.name, error);
        },
      ),
      roleName: role.name,
      sessionName: attribution.sessionName,
      forget: () => {
        policies.delete(policy);
        if (policies.size === 0) names.delete(key);
      },
    };
    const place = uses.add(held);
    policies.set(policy, place);
    return place;
  };

  const drop = (place: LruEntry<Held>): void => {
    uses.remove(place);
    place.item.forget();
  };

  return {
    of: (role, attribution, policy) => {
      const names = roles.get(keyOf(role));
      const place = names?.get(attributionKey(attribution))?.get(policy) ?? create(role, attribution, policy);
      uses.use(place);
      const oldest = uses.size() > MAX_SESSIONS ? uses.oldest() : undefined;
      if (oldest !== undefined) drop(oldest);
      return place.item;
    },
    keepOnly: (kept) => {
      const keys = new Set(kept.map(keyOf));
      for (const [key, names] of roles) {
        if (keys.has(key)) continue;
        for (const place of sessionsIn(names)) drop(place);
        roles.delete(key);
      }
    },
    remainingSeconds: () => {
      const least = new Map<string, number>();
      for (const held of uses.items()) {
        const left = held.remaining();
        if (left !== undefined)
          least.set(held.roleName, Math.min(left / 1000, least.get(held.roleName) ?? Infinity));
      }
      return least;
    },
  };
}

/**
 * Returns a function that returns a role's cache key. The key is the role's definition instead of its name, so that sessions from
 * an older configuration are never used for a changed role.
 */
function roleKeys(): (role: Role) => string {
  const known = new WeakMap<Role, string>();
  return (role) => {
    let key = known.get(role);
    if (key === undefined) known.set(role, (key = JSON.stringify(role)));
    return key;
  };
}

function sessionsIn(names: ByAttribution | undefined): LruEntry<Held>[] {
  return [...(names?.values() ?? [])].flatMap((policies) => [...policies.values()]);
}

function getOrInsert<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
