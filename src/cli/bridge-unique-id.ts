// The unique ID of the bridge's service account, which trust policies pin: as an option gives it, or from the identity token.
import { readCallerPattern } from '../config/caller-pattern.ts';
import { ConfigError } from '../config/problem.ts';
import type { RoleSettings } from '../config/role-settings.ts';
import { quote } from '../config/show.ts';
import { createIdentity } from '../identity/identity.ts';
import { isUniqueId, UNIQUE_ID_COMMAND } from '../policy/lint/value-rules.ts';
import { Failure } from './print-result.ts';

const refusal = (field: string, rule: string, fix: string): ConfigError =>
  new ConfigError([{ field, rule, fix }]);

/** @param uniqueId the value of `--unique-id`. @throws ConfigError if it cannot be one */
export function checkUniqueId(uniqueId: string | undefined): void {
  if (uniqueId === undefined || isUniqueId(uniqueId)) return;
  // Nothing but an e-mail goes into a command that is there to be pasted.
  const email = readCallerPattern(uniqueId)?.kind === 'email' ? uniqueId : undefined;
  throw refusal(
    '--unique-id',
    `must be the number that Google gave the service account, and ${quote(uniqueId)} is ${email === undefined ? 'none' : 'an e-mail'}`,
    `Find it: ${email === undefined ? UNIQUE_ID_COMMAND : UNIQUE_ID_COMMAND.replace('EMAIL', email)}`,
  );
}

/** Reads it from the identity token that the bridge would show to STS. @throws ConfigError, Failure */
export async function ownUniqueId(
  settings: Pick<RoleSettings, 'identity' | 'platform' | 'googleApis'>,
  audience: string,
): Promise<string> {
  const { identity } = settings;
  if (identity.kind === 'profile') {
    const rule = 'is an AWS profile, which has no Google identity';
    throw refusal('identity', rule, 'Say whom the role is to trust with --unique-id ID.');
  }
  const fetched = createIdentity({ ...settings, identity, aws: { audience } }).token({ refresh: false });
  const { claims } = await fetched.catch((error: unknown) => {
    throw new Failure('no --unique-id is given, and no identity token tells it', error);
  });
  const { azp, sub = '' } = claims;
  // AWS would compare :aud with another value than the one that the policy pins.
  if (azp !== sub || !isUniqueId(sub)) {
    throw refusal(
      'identity token',
      `must have the service account's unique ID as azp and as sub, and has ${quote(azp ?? '')} and ${quote(sub)}`,
      "A person's token opens no role. Where something else impersonates the service account, it must leave the e-mail out (includeEmail: false).",
    );
  }
  return sub;
}
