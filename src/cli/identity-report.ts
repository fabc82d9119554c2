// Who the bridge is at Google, and who AWS says that it is through each of its roles, or why that is not known.
import { rejectProfileLoop } from '../config/load.ts';
import type { IdentitySource, Role } from '../config/types.ts';
import { withRegion } from '../config/role-settings.ts';
import type { RoleSettings } from '../config/role-settings.ts';
import { FAULTS } from '../errors/table.ts';
import { asFault } from '../errors/fault.ts';
import { createIdentity } from '../identity/identity.ts';
import { createRoleAccess } from '../server/role-access.ts';
import type { RoleAccess } from '../server/role-access.ts';
import { askMfaCode } from './ask-mfa-code.ts';
import { assumeAsBridge } from './assumed-role.ts';
import { detailOf, Failure } from './print-result.ts';

/** Why something is not known; the fault's own detail names no secret. */
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
  /** Empty where we have no identity: no role was asked for. */
  readonly roles: readonly ({ readonly name: string; readonly arn: string } & (
    { readonly callerIdentity: string } | NotKnown
  ))[];
}

/** @throws ConfigError where STS must be asked and there is no region */
export async function reportOn(settings: RoleSettings): Promise<Report> {
  const { identity: source, roles } = settings;
  // Without a configuration there may be no region, nor is one needed: there are no roles.
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
  return createRoleAccess(withRegion(settings), askMfaCode);
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
    // Nobody has verified the token: its end may be no time at all.
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
