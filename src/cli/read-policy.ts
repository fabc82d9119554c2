// `fedbridge read-policy ROLE`: prints the permission policy that a role needs at AWS, or all that creates the role.
import { MAX_ROLE_POLICY_CHARACTERS } from '../config/aws-limits.ts';
import { ConfigError } from '../config/problem.ts';
import type { Config, Role } from '../config/types.ts';
import { cloudFormationTemplate, hasDynamicReference } from '../policy/cloudformation.ts';
import { readPolicyOf } from '../policy/read-policy.ts';
import { defineRole, isFirstRole } from '../policy/role-definition.ts';
import type { RoleDefinition } from '../policy/role-definition.ts';
import type { TrustedToken } from '../policy/trust-policy.ts';
import { readArguments, UsageError } from './arguments.ts';
import { findRole, hopNumber, noSuchHop } from './assumed-role.ts';
import { checkUniqueId, ownUniqueId } from './bridge-unique-id.ts';
import { printResult } from './print-result.ts';
import type { Result } from './print-result.ts';
import { readConfigIn } from './read-config.ts';
import { roleCommands } from './role-commands.ts';

const USAGE = `Usage: fedbridge read-policy ROLE [--hop N] [--config FILE]
       fedbridge read-policy ROLE --cloudformation|--cli [--unique-id ID] [--hop N] [--config FILE]

Prints the permission policy that ROLE needs at AWS: to read what the configuration grants on its buckets and no more, or,
if it has further hops, to assume the next role. With --hop, prints the policy of ROLE's N-th further hop. Changes nothing.

  ROLE              the name of a role in the configuration, or the ARN of a role or hop in it
  --hop N           with the name of a role: the number of a further hop, from 1; the last one reads the buckets
  --cloudformation  print a template that creates the role, with its trust policy and this policy
  --cli             print AWS CLI commands that do the same; a shell runs them only with credentials of the role's account
  --unique-id ID    the service account's, if it is not that of the bridge's own identity token: for the trust policy
  --config FILE     the configuration, instead of FEDBRIDGE_CONFIG

Create the roles of a chain in its order: AWS rejects a trust policy that names a missing role.
`;

/** Ends the process, see {@link printResult}. */
export function printReadPolicy(args: readonly string[]): Promise<never> {
  return printResult('read-policy', USAGE, async (): Promise<Result> => {
    const { name, hop, form, uniqueId, file } = readOptions(args);
    const config = readConfigIn({ file });
    const role = findRole(name, config.roles);
    if (hop !== undefined && !config.roles.has(name))
      throw new UsageError('--hop goes with the name of a role: give that, or only the ARN of the hop.');
    const arn = arnAt(role, hop);
    const permissions = neededPolicy(config, arn);
    if (form === 'policy') return { text: indented(JSON.parse(permissions)), code: 0 };
    const trusted = isFirstRole(config.roles, arn) ? await trustedToken(config, uniqueId) : undefined;
    const definition = defineRole(config.roles, {
      arn,
      permissions,
      ...(trusted === undefined ? {} : { trusted }),
    });
    return { text: form === 'cli' ? roleCommands(definition) : templateOf(definition), code: 0 };
  });
}

interface Options {
  readonly name: string;
  readonly hop: number | undefined;
  readonly form: 'policy' | 'cloudformation' | 'cli';
  readonly uniqueId: string | undefined;
  readonly file: string | undefined;
}

function readOptions(args: readonly string[]): Options {
  const { values, switches, positionals } = readArguments(args, {
    options: ['hop', 'unique-id', 'config'],
    switches: ['cloudformation', 'cli'],
    positionals: ['ROLE'],
  });
  const { hop, 'unique-id': uniqueId, config: file } = values;
  if (switches.size > 1)
    throw new UsageError('--cloudformation and --cli exclude each other: give one of them.');
  const [form = 'policy'] = switches;
  if (uniqueId !== undefined && form === 'policy')
    throw new UsageError('--unique-id goes with --cloudformation or --cli: only they print a trust policy.');
  checkUniqueId(uniqueId);
  const [name = ''] = positionals;
  return { name, hop: hopNumber(hop), form, uniqueId, file };
}

const indented = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

async function trustedToken(config: Config, uniqueId: string | undefined): Promise<TrustedToken> {
  const { audience } = config.aws;
  return { audience, uniqueId: uniqueId ?? (await ownUniqueId(config, audience)) };
}

/** @throws ConfigError if CloudFormation would change a value of the template */
function templateOf(definition: RoleDefinition): string {
  const template = cloudFormationTemplate(definition);
  if (!hasDynamicReference(template)) return indented(template);
  const rule =
    'cannot hold a prefix, key or other value with "{{resolve:", which CloudFormation would replace';
  throw new ConfigError([{ field: '--cloudformation', rule, fix: 'Use --cli.' }]);
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
