// Gets the unique ID of the bridge's service account from an option or from the identity token. Trust policies require this ID.
import { readCallerPattern } from '../config/caller-pattern.ts';
import { ConfigError } from '../config/problem.ts';
import type { RoleSettings } from '../config/role-settings.ts';
import { quote } from '../config/show.ts';
import { createIdentity } from '../identity/identity.ts';
import { isUniqueId, UNIQUE_ID_COMMAND } from '../policy/lint/value-rules.ts';
import { Failure } from './print-result.ts';

const refusal = (field: string, rule: string, fix: string): ConfigError =>
  new ConfigError([{ field, rule, fix }]);

/** @param uniqueId the value of `--unique-id`. @throws ConfigError if it is not a valid unique ID */
export function checkUniqueId(uniqueId: string | undefined): void {
  if (uniqueId === undefined || isUniqueId(uniqueId)) return;
  // Inserts the value into the suggested command only if it is an email, because users paste the command into a shell.
  const email = readCallerPattern(uniqueId)?.kind === 'email' ? uniqueId : undefined;
  throw refusal(
    '--unique-id',
    `must be the service account's numeric unique ID, but ${quote(uniqueId)} is ${email === undefined ? 'not a unique ID' : 'an email'}`,
    `To find the ID, run: ${email === undefined ? UNIQUE_ID_COMMAND : UNIQUE_ID_COMMAND.replace('EMAIL', email)}`,
  );
}

/** Reads the unique ID from the identity token that the bridge would send to STS. @throws ConfigError, Failure */
export async function ownUniqueId(
  settings: Pick<RoleSettings, 'identity' | 'platform' | 'googleApis'>,
  audience: string,
): Promise<string> {
  const { identity } = settings;
  if (identity.kind === 'profile') {
    const rule = 'is an AWS profile, which has no Google identity';
    throw refusal(
      'identity',
      rule,
      'Set --unique-id to the unique ID of the service account that the role should trust.',
    );
  }
  const fetched = createIdentity({ ...settings, identity, aws: { audience } }).token({ refresh: false });
  const { claims } = await fetched.catch((error: unknown) => {
    throw new Failure(
      'the unique ID is unknown: --unique-id was not given, and there is no identity token',
      error,
    );
  });
  const { azp, sub = '' } = claims;
  // The trust policy pins :aud (which AWS compares with azp) and :sub to the same unique ID. A token whose azp and sub differ
  // would therefore not match.
  if (azp !== sub || !isUniqueId(sub)) {
    throw refusal(
      'identity token',
      `must have the service account's unique ID as azp and sub, but has azp ${quote(azp ?? '')} and sub ${quote(sub)}`,
      "A user's token cannot assume a role: use a service account's token. A tool that impersonates the service account must omit the email (includeEmail: false).",
    );
  }
  return sub;
}
