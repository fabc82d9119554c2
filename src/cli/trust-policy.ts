// `fedbridge trust-policy`: prints the trust policy that a role needs, or tells the known mistakes in one.
import { readRoleSettings } from './read-config.ts';
import type { Role } from '../config/types.ts';
import { ConfigError } from '../config/problem.ts';
import type { RoleSettings } from '../config/role-settings.ts';
import { LARGEST_DOCUMENT_BYTES, readSource } from '../config/read-file.ts';
import { hopTrustOf, hopTrustPolicy, trustPolicy } from '../policy/trust-policy.ts';
import { readTrustPolicy } from '../policy/lint/document.ts';
import { describeFinding } from '../policy/lint/finding.ts';
import { lintTrustPolicy } from '../policy/lint/lint.ts';
import type { Expected } from '../policy/lint/pin-rules.ts';
import { readArguments, UsageError } from './arguments.ts';
import { findRole, hopNumber, noSuchHop } from './assumed-role.ts';
import { checkUniqueId, ownUniqueId } from './bridge-unique-id.ts';
import { printResult } from './print-result.ts';
import type { Result } from './print-result.ts';

const USAGE = `Usage: fedbridge trust-policy [--unique-id ID] [--audience AUDIENCE] [--config FILE] [ROLE]
       fedbridge trust-policy ROLE --hop N [--config FILE]
       fedbridge trust-policy --lint FILE [--unique-id ID] [--audience AUDIENCE]

Prints the trust policy of a role for this bridge's service account; of ROLE's N-th further hop; or the known mistakes in one.

  --unique-id ID       the service account's, where it is not that of the bridge's own identity token
  --audience AUDIENCE  what its token is for: aws.audience of the configuration, else fedbridge
  --config FILE        the configuration, in the place of FEDBRIDGE_CONFIG
  --lint FILE          a trust policy, or what \`aws iam get-role\` prints; -: standard input

Exit code of --lint: 0 none of the known mistakes, 1 some.
`;

interface Options extends Expected {
  readonly config?: string;
  readonly role?: string;
  readonly hop?: number;
  readonly lint?: string;
}

/** Ends the process, see {@link printResult}: with 1 where `--lint` tells of mistakes, on standard output. */
export function printTrustPolicy(args: readonly string[]): Promise<never> {
  return printResult('trust-policy', USAGE, async (): Promise<Result> => {
    const options = readOptions(args);
    checkValues(options);
    const { lint, config, role, hop } = options;
    if (lint !== undefined) return lintFile(lint, options);
    const policy =
      role === undefined || hop === undefined
        ? trustPolicy(await pinsOf(options))
        : hopPolicy(findRole(role, settingsIn(config).roles), hop);
    return { text: `${JSON.stringify(policy, null, 2)}\n`, code: 0 };
  });
}

const settingsIn = (file: string | undefined): RoleSettings => readRoleSettings({ file, ownProfile: true });

function readOptions(args: readonly string[]): Options {
  const { values, positionals } = readArguments(args, {
    options: ['unique-id', 'audience', 'config', 'hop', 'lint'],
    optional: ['ROLE'],
  });
  const { 'unique-id': uniqueId, audience, config, hop, lint } = values;
  const [role] = positionals;
  const others = [config, hop, role];
  if (lint !== undefined && others.some((value) => value !== undefined))
    throw new UsageError('--lint goes with --unique-id and --audience alone.');
  const number = hopNumber(hop);
  if (hop !== undefined && role === undefined)
    throw new UsageError('--hop goes with ROLE: give the role whose further hop it is.');
  if (hop !== undefined && (uniqueId !== undefined || audience !== undefined))
    throw new UsageError('--hop goes without --unique-id and --audience: a further hop trusts a role.');
  return {
    ...(uniqueId === undefined ? {} : { uniqueId }),
    ...(audience === undefined ? {} : { audience }),
    ...(config === undefined ? {} : { config }),
    ...(role === undefined ? {} : { role }),
    ...(number === undefined ? {} : { hop: number }),
    ...(lint === undefined ? {} : { lint }),
  };
}

const refusal = (field: string, rule: string, fix: string): ConfigError =>
  new ConfigError([{ field, rule, fix }]);

function checkValues({ uniqueId, audience }: Options): void {
  checkUniqueId(uniqueId);
  if (audience !== undefined && audience.trim() !== audience)
    throw refusal('--audience', 'must be a text without spaces at its ends', 'Write aws.audience.');
}

async function pinsOf({ uniqueId, audience, config, role }: Options): Promise<Required<Expected>> {
  // Whoever says all of it needs no configuration, and none that is there can be in the way.
  if (uniqueId !== undefined && audience !== undefined && config === undefined && role === undefined)
    return { uniqueId, audience };
  const settings = settingsIn(config);
  if (role !== undefined) findRole(role, settings.roles);
  const pinned = audience ?? settings.aws.audience;
  return { uniqueId: uniqueId ?? (await ownUniqueId(settings, pinned)), audience: pinned };
}

function hopPolicy(role: Role, hop: number): object {
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

/** @param field names the text in an error. @throws ConfigError if it is no trust policy */
export function lintText(text: string, field: string, expected: Expected): Result {
  const read = readTrustPolicy(text, field);
  if ('problem' in read) throw new ConfigError([read.problem]);
  const findings = lintTrustPolicy(read.statements, expected);
  return {
    text: findings.map((finding) => `${describeFinding(finding)}\n`).join(''),
    code: findings.some(({ kind }) => kind === 'mistake') ? 1 : 0,
  };
}

/** Hardly more of it than a file may have. */
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
