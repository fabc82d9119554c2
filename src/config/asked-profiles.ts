// Keeps an AWS profile from leading back to itself: its `credential_process` may be a command of ours, which asks a profile too.
import { ConfigError } from './problem.ts';
import { quote } from './show.ts';

/** Names the profiles that processes above this one are asking, one a line; no name holds a newline. */
const ASKED = 'FEDBRIDGE_ASKED_PROFILES';

/**
 * Must come before the profile is asked. The SDK sees a `source_profile` that leads back, and not a process that does: without
 * this each would start the next, for ever.
 * @throws ConfigError where a process above this one asks it already
 */
export function rejectProfileLoop(name: string, env: Record<string, string | undefined>): void {
  const { [ASKED]: above = '' } = env;
  const names = above.split('\n');
  if (names.includes(name)) {
    const rule = `must not lead back to itself, and the credential_process of AWS profile ${quote(name)} does`;
    const remedy = 'Name a profile that has keys of its own, or another configuration there with --config.';
    throw new ConfigError([{ field: 'identity.profile', rule, remedy }]);
  }
  env[ASKED] = [...names, name].join('\n');
}
