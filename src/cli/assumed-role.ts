// Finds the role that a command names, and obtains its credentials. Like the bridge, assumes the whole chain of roles; unlike
// the bridge, uses no session policy.
import type { Config, Role } from '../config/types.ts';
import { ROLE_ARN } from '../config/aws-names.ts';
import { didYouMean } from '../config/did-you-mean.ts';
import { ConfigError } from '../config/problem.ts';
import { quote } from '../config/show.ts';
import { ownAttribution } from '../federation/session-name.ts';
import type { RoleCredentials } from '../federation/credentials.ts';
import type { RoleAccess } from '../server/role-access.ts';
import { UsageError } from './arguments.ts';
import { Failure } from './print-result.ts';

/**
 * The duration of a session: one hour. Every role allows one hour, because a role's maximum session duration cannot be shorter
 * (STS, DurationSeconds).
 */
const DURATION_SECONDS = 3600;

/** @param name the name of a configured role, or any role's ARN. @throws ConfigError if `name` is neither */
export function findRole(name: string, roles: Config['roles']): Role {
  const configured = roles.get(name);
  if (configured !== undefined) return configured;
  if (ROLE_ARN.test(name))
    return { name, arn: name, durationSeconds: DURATION_SECONDS, session: 'caller', then: [] };
  const field = 'ROLE';
  if (name.startsWith('arn:') || roles.size === 0) {
    const rule = `${ROLE_ARN.must}, not ${quote(name)}${roles.size === 0 ? ', because there is no configuration' : ''}`;
    const fix = name.startsWith('arn:')
      ? (ROLE_ARN.fix ?? '')
      : 'To use a role from a configuration, pass --config FILE or set FEDBRIDGE_CONFIG.';
    throw new ConfigError([{ field, rule, fix }]);
  }
  const fix = `${didYouMean(name, roles.keys(), '`roles`')} You can also give a role's ARN.`;
  throw new ConfigError([{ field, rule: `must be the name of a role, not ${quote(name)}`, fix }]);
}

/** @param text the value of `--hop`. @throws UsageError if the value is not a positive whole number */
export function hopNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,3}$/.test(text))
    throw new UsageError("--hop must be 1 for ROLE's first chained role, 2 for the second, and so on.");
  return Number(text);
}

/** Returns the error for a `--hop` value that exceeds the number of chained roles in the role's chain. */
export function noSuchHop({ name, then }: Role): ConfigError {
  const rule =
    then.length === 0
      ? `cannot be used, because role ${name} has no chained roles`
      : `must be at most ${then.length}, the number of chained roles of ${name}`;
  return new ConfigError([{ field: '--hop', rule, fix: `Hop 1 is the first entry of roles.${name}.then.` }]);
}

/** Assumes the role in a session that is named after the bridge, because there is no caller. @throws Failure */
export async function assumeAsBridge(access: RoleAccess, role: Role): Promise<RoleCredentials> {
  try {
    await access.prepare();
    return await access.assumeChain(role, await ownAttribution(role, access), undefined);
  } catch (error) {
    throw new Failure(`role ${role.name} could not be assumed`, error);
  }
}
