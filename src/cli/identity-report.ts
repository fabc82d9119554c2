// Reports the bridge's Google identity and its AWS identity through each role, or why they are unknown.
import { rejectProfileLoop } from '../config/load.ts';
import type { IdentitySource, Role } from '../config/types.ts';
import { withRegion } from '../config/role-settings.ts';
import type { RoleSettings } from '../config/role-settings.ts';
import { FAULTS } from '../errors/table.ts';
import { asFault } from '../errors/fault.ts';
import { createIdentity } from '../identity/identity.ts';
import { createRoleAccess } from '../server/role-access.ts';
import type { RoleAccess } from '../server/role-access.ts';
import { promptMfaCode } from './prompt-mfa-code.ts';
import { assumeAsBridge } from './assumed-role.ts';
import { detailOf, Failure } from './print-result.ts';

/** Why the bridge's Google identity or AWS identity is unknown; `detail` contains no secret. */
export interface NotKnown {
  readonly fault: string;
  readonly detail: Readonly<Record<string, string | number | boolean>>;
  readonly remedy: string;
}

interface OwnIdentity {
  readonly source: IdentitySource;
  readonly email?: string;
  readonly uniqueId?: string;
  readonly audience?: string;
  readonly expires?: string;
}

export interface Report {
  readonly identity: OwnIdentity & Partial<NotKnown>;
  /** The result for each role; empty if the bridge has no identity, because it then cannot assume any role. */
  readonly roles: readonly ({ readonly name: string; readonly arn: string } & (
    { readonly callerIdentity: string } | NotKnown
  ))[];
}

/** @throws ConfigError if no region is set, but STS must be called */
export async function reportOn(settings: RoleSettings): Promise<Report> {
  const { identity: source, roles } = settings;
  // Without a configuration there are no roles, so no region is needed.
  const access = roles.size === 0 && source.kind !== 'profile' ? undefined : accessOf(settings);
  const identity = await ownIdentity(settings, access).catch((error: unknown) => ({
    source,
    ...reasonOf(error),
  }));
  if ('fault' in identity || access === undefined) return { identity: identity, roles: [] };
  return {
    identity: identity,
    roles: await Promise.all([...roles.values()].map((role) => reportOnRole(access, role))),
  };
}

function accessOf(settings: RoleSettings): RoleAccess {
  const { identity } = settings;
  if (identity.kind === 'profile') rejectProfileLoop(identity.name);
  return createRoleAccess(withRegion(settings), promptMfaCode);
}

async function ownIdentity(settings: RoleSettings, access: RoleAccess | undefined): Promise<OwnIdentity> {
  const { identity: source } = settings;
  await access?.prepare();
  if (source.kind === 'profile') return { source };
  const identity = access?.identity ?? createIdentity({ ...settings, identity: source });
  const { claims, expiresAt } = await identity.token({ refresh: false });
  const { email, sub: uniqueId, aud: audience } = claims;
  const expires = new Date(expiresAt);
  return {
    source,
    ...(email === undefined ? {} : { email }),
    ...(uniqueId === undefined ? {} : { uniqueId }),
    ...(audience === undefined ? {} : { audience }),
    // Omits an invalid time, which is possible because the token has not been verified.
    ...(Number.isNaN(expires.getTime()) ? {} : { expires: expires.toISOString() }),
  };
}

async function reportOnRole(access: RoleAccess, role: Role): Promise<Report['roles'][number]> {
  const { name, arn } = role;
  try {
    const held = await assumeAsBridge(access, role);
    return { name, arn, callerIdentity: await access.callerIdentity(held) };
  } catch (error) {
    return { name, arn, ...reasonOf(error instanceof Failure ? error.fault : error) };
  }
}

function reasonOf(error: unknown): NotKnown {
  const { code, detail } = asFault(error);
  return { fault: code, detail: Object.fromEntries(detailOf(detail)), remedy: FAULTS[code].fix };
}
