// `fedbridge read-policy ROLE`: prints the permission policy that a role needs at AWS.
import { MAX_ROLE_POLICY_CHARACTERS } from '../config/aws-limits.ts';
import { ConfigError } from '../config/problem.ts';
import type { Config, Role } from '../config/types.ts';
import { readPolicyOf } from '../policy/read-policy.ts';
import { readArguments, UsageError } from './arguments.ts';
import { findRole, hopNumber, noSuchHop } from './assumed-role.ts';
import { printResult } from './print-result.ts';
import type { Result } from './print-result.ts';
import { readConfigIn } from './read-config.ts';

const USAGE = `Usage: fedbridge read-policy ROLE [--hop N] [--config FILE]

Prints the permission policy that ROLE needs at AWS: to read what the configuration grants on its buckets and no more, or,
if it has further hops, to assume the next role. With --hop, prints the policy of ROLE's N-th further hop.

  ROLE            the name of a role in the configuration, or the ARN of a role or hop in it
  --hop N         with the name of a role: the number of a further hop, from 1; the last one reads the buckets
  --config FILE   the configuration, instead of FEDBRIDGE_CONFIG
`;

/** Ends the process, see {@link printResult}. */
export function printReadPolicy(args: readonly string[]): Promise<never> {
  return printResult('read-policy', USAGE, (): Result => {
    const { values, positionals } = readArguments(args, {
      options: ['hop', 'config'],
      positionals: ['ROLE'],
    });
    const hop = hopNumber(values.hop);
    const config = readConfigIn({ file: values.config });
    const [name = ''] = positionals;
    const role = findRole(name, config.roles);
    if (hop !== undefined && !config.roles.has(name))
      throw new UsageError('--hop goes with the name of a role: give that, or only the ARN of the hop.');
    const arn = arnAt(role, hop);
    return { text: `${JSON.stringify(JSON.parse(neededPolicy(config, arn)), null, 2)}\n`, code: 0 };
  });
}

function arnAt(role: Role, hop: number | undefined): string {
  if (hop === undefined) return role.arn;
  const next = role.then[hop - 1];
  if (next === undefined) throw noSuchHop(role);
  return next.arn;
}

/** @throws ConfigError if the role needs none, or a longer one than IAM accepts */
function neededPolicy(config: Config, arn: string): string {
  const policy = readPolicyOf(config, arn);
  const refusal = (rule: string, fix: string) => new ConfigError([{ field: 'ROLE', rule, fix }]);
  if (policy === undefined) {
    throw refusal(
      `must read a bucket or assume a further role, and ${arn} does neither in this configuration`,
      'Grant something on a bucket that names the role, or name another role.',
    );
  }
  if (policy.length > MAX_ROLE_POLICY_CHARACTERS) {
    throw refusal(
      `needs a policy of ${policy.length} characters, and IAM accepts at most ${MAX_ROLE_POLICY_CHARACTERS} in a role`,
      'Grant shorter or fewer prefixes, or let some buckets name another role.',
    );
  }
  return policy;
}
