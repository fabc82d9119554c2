// `fedbridge read-policy ROLE`: prints the permission policy that a role needs in AWS, or everything that is needed to create the
// role.
import { MAX_ROLE_POLICY_CHARACTERS } from '../config/aws-limits.ts';
import { ConfigError } from '../config/problem.ts';
import type { Config, Role } from '../config/types.ts';
import { readPolicyOf } from '../policy/read-policy.ts';
import { defineRole, isFirstRole, POLICY_NAME } from '../policy/role-definition.ts';
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

Prints the permission policy that ROLE needs in AWS. If ROLE has chained roles, the policy allows only assuming the next role.
Otherwise, the policy allows only the reads that the configuration grants on the role's buckets. With --hop, prints the
policy of ROLE's N-th chained role. Changes nothing.

  ROLE              the name of a role in the configuration, or the ARN of a configured role or chained role
  --hop N           the number of the chained role, starting at 1 (ROLE must be a name); the last chained role reads the buckets
  --cloudformation  print a CloudFormation template that creates the role with its trust policy and this policy
  --cli             print AWS CLI commands that create the same role; they run only with credentials for the role's account
  --unique-id ID    the service account's unique ID, for the trust policy; default: the ID in the bridge's own identity token
  --config FILE     use this configuration instead of FEDBRIDGE_CONFIG

Create the roles of a chain in order: AWS rejects a trust policy that names a missing role.
`;

/** Ends the process; see {@link printResult}. */
export function printReadPolicy(args: readonly string[]): Promise<never> {
  return printResult('read-policy', USAGE, async (): Promise<Result> => {
    const { name, hop, form, uniqueId, file } = readOptions(args);
    const config = readConfigIn({ file });
    const role = findRole(name, config.roles);
    if (hop !== undefined && !config.roles.has(name))
      throw new UsageError(
        'With --hop, ROLE must be the name of a configured role. Alternatively, omit --hop and give the ARN of the chained role.',
      );
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
    throw new UsageError('--cloudformation and --cli cannot be combined; give only one of them.');
  const [form = 'policy'] = switches;
  if (uniqueId !== undefined && form === 'policy')
    throw new UsageError('--unique-id needs --cloudformation or --cli, which print a trust policy.');
  checkUniqueId(uniqueId);
  const [name = ''] = positionals;
  return { name, hop: hopNumber(hop), form, uniqueId, file };
}

const indented = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

async function trustedToken(config: Config, uniqueId: string | undefined): Promise<TrustedToken> {
  const { audience } = config.aws;
  return { audience, uniqueId: uniqueId ?? (await ownUniqueId(config, audience)) };
}

/** Returns the template as JSON. @throws ConfigError if CloudFormation would change a value in the template */
function templateOf(definition: RoleDefinition): string {
  const template = cloudFormationTemplate(definition);
  // CloudFormation replaces `{{resolve:…}}` anywhere in a template ("Dynamic references"), and offers no way to escape this
  // text.
  if (!JSON.stringify(template).includes('{{resolve:')) return indented(template);
  const rule =
    'cannot be used if a prefix, key or other value contains "{{resolve:", because CloudFormation would replace that text';
  throw new ConfigError([{ field: '--cloudformation', rule, fix: 'Use --cli.' }]);
}

/** Returns a CloudFormation template that creates the role. */
function cloudFormationTemplate(role: RoleDefinition): object {
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: `${role.arn}, the role that Fedbridge assumes. Create this stack in the role's account, with CAPABILITY_NAMED_IAM.`,
    Resources: {
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          RoleName: role.name,
          Path: role.path,
          MaxSessionDuration: role.maxSessionSeconds,
          AssumeRolePolicyDocument: role.trust,
          Policies: [{ PolicyName: POLICY_NAME, PolicyDocument: role.permissions }],
        },
      },
    },
    Outputs: { RoleArn: { Value: { 'Fn::GetAtt': ['Role', 'Arn'] } } },
  };
}

function arnAt(role: Role, hop: number | undefined): string {
  if (hop === undefined) return role.arn;
  const next = role.then[hop - 1];
  if (next === undefined) throw noSuchHop(role);
  return next.arn;
}

/** @throws ConfigError if the role needs no policy, or if the policy is longer than IAM accepts */
function neededPolicy(config: Config, arn: string): string {
  const policy = readPolicyOf(config, arn);
  const refusal = (rule: string, fix: string) => new ConfigError([{ field: 'ROLE', rule, fix }]);
  if (policy === undefined) {
    throw refusal(
      `must read a bucket or assume a chained role, but in this configuration, ${arn} does neither`,
      'Add a grant on a bucket that uses this role, or choose a different role.',
    );
  }
  if (policy.length > MAX_ROLE_POLICY_CHARACTERS) {
    throw refusal(
      `needs a policy of ${policy.length} characters, but IAM accepts at most ${MAX_ROLE_POLICY_CHARACTERS} per role`,
      'Grant shorter or fewer prefixes, or use a second role for some buckets.',
    );
  }
  return policy;
}
