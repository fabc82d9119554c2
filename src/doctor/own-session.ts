// A session of a role as the bridge gets it, named after itself, as no caller asks.
import type { Role } from '../config/types.ts';
import { attributionOf } from '../federation/attribution.ts';
import type { RoleCredentials } from '../federation/credentials.ts';
import { bridgeSessionName } from '../federation/session-name.ts';
import type { RoleAccess } from '../server/role-access.ts';

/** @param policy what the session may do, of what the role may. @throws Fault sts_… */
export async function ownSession(access: RoleAccess, role: Role, policy: string): Promise<RoleCredentials> {
  const bridgeName = role.session === 'bridge' ? bridgeSessionName(await access.names()) : '';
  return access.assumeChain(role, attributionOf(role, await access.self(), bridgeName), policy);
}
