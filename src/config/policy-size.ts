// Finds grants that AWS could not hold a caller to, as their session policy is longer than STS takes.
import type { Config } from './types.ts';
import { compileAllowances, MAX_POLICY_CHARACTERS } from '../policy/session-policy.ts';
import type { Finding } from './problem.ts';

/**
 * Several grants of one caller may exceed the limit, and are then used one at a time; one grant alone has to fit. That is enough:
 * `attributes`, the only word whose reads take two actions, stands beside `get` (grant-checks.ts), so one grant gives both.
 */
export function findOversizePolicies({ buckets, grants }: Config): Finding[] {
  return grants.flatMap((grant, i) => {
    const bucket = buckets.get(grant.bucket);
    const characters = bucket === undefined ? 0 : compileAllowances(bucket, [grant]).length;
    if (characters <= MAX_POLICY_CHARACTERS) return [];
    return [
      {
        path: ['grants', i],
        rule: `makes a session policy of ${characters} characters, and STS takes at most ${MAX_POLICY_CHARACTERS}`,
        remedy: 'Grant a shorter prefix above it; characters beyond ASCII count six each.',
      },
    ];
  });
}
