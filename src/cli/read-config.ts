// Reads the configuration for the commands, and rejects grants whose session policy is longer than STS accepts.
import { MAX_POLICY_CHARACTERS } from '../config/aws-limits.ts';
import { configReader } from '../config/load.ts';
import type { Finding } from '../config/problem.ts';
import type { Config } from '../config/types.ts';
import { compileAllowances } from '../policy/session-policy.ts';

export const { readConfig, readConfigIn, readConfigDocument, readRoleSettings } =
  configReader(findOversizePolicies);

/**
 * Several grants of one caller may exceed the limit, and are then used one at a time; each grant has to fit. That is enough:
 * `attributes`, the only word whose reads take two actions, stands beside `get` (grant-checks.ts), so one grant gives both.
 */
function findOversizePolicies({ buckets, grants }: Config): Finding[] {
  return grants.flatMap((grant, i) => {
    const bucket = buckets.get(grant.bucket);
    const characters = bucket === undefined ? 0 : compileAllowances(bucket, [grant]).length;
    if (characters <= MAX_POLICY_CHARACTERS) return [];
    return [
      {
        path: ['grants', i],
        rule: `makes a session policy of ${characters} characters, and STS takes at most ${MAX_POLICY_CHARACTERS}`,
        fix: 'Grant a shorter prefix above it; characters beyond ASCII count six each.',
      },
    ];
  });
}
