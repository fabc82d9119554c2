// Which role a command means, and its credentials as the bridge itself gets them: the whole chain, and no session policy.
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

/** What every role allows, whatever its own maximum (STS, DurationSeconds). */
const DURATION_SECONDS = 3600;

/** @param name of a configured role, or any role's ARN. @throws ConfigError where it is neither */
export function findRole(name: string, roles: Config['roles']): Role {
  const configured = roles.get(name);
  if (configured !== undefined) return configured;
  if (ROLE_ARN.test(name))
    return { name, arn: name, durationSeconds: DURATION_SECONDS, session: 'caller', then: [] };
  const field = 'ROLE';
  if (name.startsWith('arn:') || roles.size === 0) {
    const rule = `${ROLE_ARN.must}${roles.size === 0 ? ' where there is no configuration' : ''}, not ${quote(name)}`;
    const fix = name.startsWith('arn:')
      ? (ROLE_ARN.fix ?? '')
      : 'For the name of a role say where it is configured, with --config FILE or FEDBRIDGE_CONFIG.';
    throw new ConfigError([{ field, rule, fix }]);
  }
  const fix = `${didYouMean(name, roles.keys(), '`roles`')} Or give the ARN of a role.`;
  throw new ConfigError([{ field, rule: `must be the name of a role, not ${quote(name)}`, fix }]);
}

/** @param text of `--hop`. @throws UsageError if it is no number from 1 */
export function hopNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,3}$/.test(text))
    throw new UsageError('--hop must be the number of a further hop of ROLE, from 1.');
  return Number(text);
}

/** The error if `--hop` is higher than the number of the role's further hops. */
export function noSuchHop({ name, then }: Role): ConfigError {
  const rule = `must be that of a further hop, and ${name} has ${then.length === 0 ? 'none' : `${then.length} of them`}`;
  return new ConfigError([{ field: '--hop', rule, fix: `Hops are those of roles.${name}.then, from 1.` }]);
}

/** The session is named after ourselves, as no caller asks. @throws Failure */
export async function assumeAsBridge(access: RoleAccess, role: Role): Promise<RoleCredentials> {
  try {
    await access.prepare();
    return await access.assumeChain(role, await ownAttribution(role, access), undefined);
  } catch (error) {
    throw new Failure(`role ${role.name} could not be assumed`, error);
  }
}
