// Reads the configuration for the commands, and rejects grants whose session policy is longer than STS accepts.
import { MAX_POLICY_CHARACTERS } from '../config/aws-limits.ts';
import { configReader } from '../config/load.ts';
import type { Finding } from '../config/problem.ts';
import type { Config } from '../config/types.ts';
import { compileAllowances } from '../policy/session-policy.ts';

export const { readConfig, readConfigIn, readConfigDocument, readRoleSettings } =
  configReader(findOversizePolicies);

/**
 * Finds grants whose session policy is too long. If the policy for all of a caller's grants is too long, the bridge uses only
 * one grant per read, so the policy for each single grant must be short enough. One grant is always enough for a read: only
 * reads of attributes need two actions, and a grant of `attributes` must include `get` (grant-checks.ts).
 */
function findOversizePolicies({ buckets, grants }: Config): Finding[] {
  return grants.flatMap((grant, i) => {
    const bucket = buckets.get(grant.bucket);
    const characters = bucket === undefined ? 0 : compileAllowances(bucket, [grant]).length;
    if (characters <= MAX_POLICY_CHARACTERS) return [];
    return [
      {
        path: ['grants', i],
        rule: `needs a session policy of ${characters} characters, but STS accepts at most ${MAX_POLICY_CHARACTERS}`,
        fix: 'Grant a shorter prefix instead. Each non-ASCII character counts as six characters.',
      },
    ];
  });
}
