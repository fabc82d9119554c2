// `fedbridge trust-policy`: prints the trust policy that a role needs, or lints an existing one.
import { readRoleSettings } from './read-config.ts';
import type { Role } from '../config/types.ts';
import { ConfigError } from '../config/problem.ts';
import type { RoleSettings } from '../config/role-settings.ts';
import { LARGEST_DOCUMENT_BYTES, readSource } from '../config/read-file.ts';
import { hopTrustOf, hopTrustPolicy, serviceTrustPolicy, trustPolicy } from '../policy/trust-policy.ts';
import type { TrustedToken, TrustPolicy } from '../policy/trust-policy.ts';
import { readTrustPolicy } from '../policy/lint/document.ts';
import { describeFinding } from '../policy/lint/finding.ts';
import { lintTrustPolicy } from '../policy/lint/lint.ts';
import type { Expected } from '../policy/lint/expected-rules.ts';
import { readArguments, UsageError } from './arguments.ts';
import { findRole, hopNumber, noSuchHop } from './assumed-role.ts';
import { checkUniqueId, ownUniqueId } from './bridge-unique-id.ts';
import { printResult } from './print-result.ts';
import type { Result } from './print-result.ts';
import { readTrustedService } from './trusted-service.ts';

const USAGE = `Usage: fedbridge trust-policy [--unique-id ID] [--audience AUDIENCE] [--config FILE] [ROLE]
       fedbridge trust-policy ROLE --hop N [--config FILE]
       fedbridge trust-policy --for storage-transfer --subject-id ID
       fedbridge trust-policy --for bigquery --identity ID
       fedbridge trust-policy --for dataflow --unique-id ID --audience AUDIENCE
       fedbridge trust-policy --lint FILE [--unique-id ID] [--audience AUDIENCE]
       fedbridge trust-policy --lint FILE --for SERVICE [options of SERVICE]

Prints a trust policy for a role that this bridge's service account assumes. With --hop, prints the trust policy for ROLE's
N-th chained role. With --for, prints the trust policy for a role that a Google service assumes to read S3 itself, without the
bridge. With --lint, prints the known mistakes in a trust policy.

  --unique-id ID       the service account's unique ID; default: the ID in the bridge's own identity token.
                       With --for dataflow: the unique ID of the workers' service account
  --audience AUDIENCE  the token's audience; default: aws.audience in the configuration, otherwise "fedbridge".
                       With --for dataflow: the audience in the pipeline's options
  --config FILE        use this configuration instead of FEDBRIDGE_CONFIG
  --for SERVICE        storage-transfer, bigquery or dataflow
  --subject-id ID      the subject ID of Storage Transfer Service's account in your project
  --identity ID        the identity of the BigQuery connection
  --lint FILE          a trust policy, or the output of \`aws iam get-role\`; - for standard input

Exit code of --lint: 0 no known mistakes, 1 mistakes found.
`;

const OPTIONS = ['unique-id', 'audience', 'config', 'hop', 'for', 'subject-id', 'identity', 'lint'] as const;

type Values = Readonly<Partial<Record<(typeof OPTIONS)[number], string>>>;

interface Options extends Expected {
  readonly config?: string;
  readonly role?: string;
  readonly hop?: number;
  readonly lint?: string;
}

/**
 * Ends the process; see {@link printResult}. With `--lint`, mistakes are printed to standard output, and the exit code is then
 * 1.
 */
export function printTrustPolicy(args: readonly string[]): Promise<never> {
  return printResult('trust-policy', USAGE, async (): Promise<Result> => {
    const options = readOptions(args);
    checkValues(options);
    const { lint } = options;
    if (lint !== undefined) return lintFile(lint, options);
    return { text: `${JSON.stringify(await policyFor(options), null, 2)}\n`, code: 0 };
  });
}

async function policyFor(options: Options): Promise<TrustPolicy> {
  const { service, config, role, hop } = options;
  if (service?.subject !== undefined) return serviceTrustPolicy(service.subject);
  return role === undefined || hop === undefined
    ? trustPolicy(await pinsOf(options))
    : hopPolicy(findRole(role, settingsIn(config).roles), hop);
}

const settingsIn = (file: string | undefined): RoleSettings => readRoleSettings({ file, ownProfile: true });

function readOptions(args: readonly string[]): Options {
  const { values, positionals } = readArguments(args, {
    options: OPTIONS,
    optional: ['ROLE'],
  });
  const { 'unique-id': uniqueId, audience, config, hop, lint } = values;
  const [role] = positionals;
  checkCombination(values, role);
  const service = readTrustedService(values);
  const number = hopNumber(hop);
  return {
    ...(uniqueId === undefined ? {} : { uniqueId }),
    ...(audience === undefined ? {} : { audience }),
    ...(config === undefined ? {} : { config }),
    ...(role === undefined ? {} : { role }),
    ...(number === undefined ? {} : { hop: number }),
    ...(service === undefined || service.name === 'dataflow' ? {} : { service }),
    ...(lint === undefined ? {} : { lint }),
  };
}

function checkCombination(values: Values, role: string | undefined): void {
  const { 'unique-id': uniqueId, audience, config, hop, for: service, lint } = values;
  const others = [config, hop, role];
  if (lint !== undefined && others.some((value) => value !== undefined))
    throw new UsageError('--lint can be combined only with --unique-id, --audience and --for.');
  if (service !== undefined && others.some((value) => value !== undefined))
    throw new UsageError(
      '--for cannot be combined with ROLE, --hop or --config: the policy is not for the bridge.',
    );
  if (hop !== undefined && role === undefined)
    throw new UsageError('--hop needs ROLE: give the first role of the chain.');
  if (hop !== undefined && (uniqueId !== undefined || audience !== undefined))
    throw new UsageError(
      '--hop cannot be combined with --unique-id or --audience: a chained role trusts a role, not a Google identity.',
    );
}

const refusal = (field: string, rule: string, fix: string): ConfigError =>
  new ConfigError([{ field, rule, fix }]);

function checkValues({ uniqueId, audience }: Options): void {
  checkUniqueId(uniqueId);
  if (audience !== undefined && audience.trim() !== audience)
    throw refusal('--audience', 'must not begin or end with a space', 'Use the value of aws.audience.');
}

async function pinsOf({ uniqueId, audience, config, role }: Options): Promise<TrustedToken> {
  // If the options contain all values, no configuration is read, so that an invalid configuration does not matter.
  if (uniqueId !== undefined && audience !== undefined && config === undefined && role === undefined)
    return { uniqueId, audience };
  const settings = settingsIn(config);
  if (role !== undefined) findRole(role, settings.roles);
  const pinned = audience ?? settings.aws.audience;
  return { uniqueId: uniqueId ?? (await ownUniqueId(settings, pinned)), audience: pinned };
}

function hopPolicy(role: Role, hop: number): TrustPolicy {
  const trust = hopTrustOf(role, hop);
  if (trust !== undefined) return hopTrustPolicy(trust);
  throw noSuchHop(role);
}

async function lintFile(file: string, expected: Expected): Promise<Result> {
  const [field, source] =
    file === '-'
      ? ['standard input', { text: await standardInput() }]
      : ['--lint', readSource(file, '--lint')];
  if ('problem' in source) throw new ConfigError([source.problem]);
  return lintText(source.text, field, expected);
}

/** @param field the name for the text in error messages. @throws ConfigError if the text is not a trust policy */
export function lintText(text: string, field: string, expected: Expected): Result {
  const read = readTrustPolicy(text, field);
  if ('problem' in read) throw new ConfigError([read.problem]);
  const findings = lintTrustPolicy(read.statements, expected);
  return {
    text: findings.map((finding) => `${describeFinding(finding)}\n`).join(''),
    code: findings.some(({ kind }) => kind === 'mistake') ? 1 : 0,
  };
}

/** Reads standard input. Stops soon after the size limit for a file has been exceeded. */
async function standardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > LARGEST_DOCUMENT_BYTES) break;
  }
  return Buffer.concat(chunks).toString();
}
