// Validates the options of `fedbridge sandbox` and builds the seed from them.
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readCallerPattern } from '../config/caller-pattern.ts';
import { issuedProblem } from '../config/issuer-checks.ts';
import { describeProblem } from '../config/problem.ts';
import { readSource } from '../config/read-file.ts';
import { quote } from '../config/show.ts';
import { UPSTREAM_PORTS } from '../sandbox/contract.ts';
import { ACCOUNTS, createAccounts } from '../sandbox/google/accounts.ts';
import { SAMPLE_SEED, type Seed } from '../sandbox/seed.ts';
import { readArguments, UsageError } from './arguments.ts';
import { seedFrom } from './sandbox-config.ts';

export const USAGE = `Usage: fedbridge sandbox [--port N] [--dir DIR] [--config FILE] [--as CALLER] [--ready-file FILE]

Runs the bridge on this machine against emulators of Google, STS and S3.

  --port N           the bridge's port (default 8080; 0: any free ports); the emulators use the next seven ports, and --as uses another free port
  --dir DIR          serve this directory, read-only, as the bucket's content
  --config FILE      use this configuration; the emulators then contain its callers, roles and buckets
  --as CALLER        make this caller the metadata server's default account, so that clients authenticate as this caller;
                     for a caller of an issuer, the sandbox instead keeps a current token in a file, as in a pod
  --ready-file FILE  write all addresses and the bucket owner's keys to FILE as JSON when everything is ready
`;

const DEFAULT_PORT = 8080;
const HIGHEST_PORT = 65_535 - UPSTREAM_PORTS.length;

export interface SandboxCommand {
  readonly port: number;
  readonly dir: string | undefined;
  readonly seed: Seed;
  /** Whether `seed` is the sandbox's built-in sample. */
  readonly isSample: boolean;
  /** The email of the caller that replaces the bridge as the metadata server's `default` account. */
  readonly as: string | undefined;
  /** The caller, as ISSUER:SUBJECT, whose token the sandbox writes to a file. */
  readonly pod: string | undefined;
  readonly readyFile: string | undefined;
}

/** @throws UsageError; ConfigError with every problem in the file that `--config` names */
export async function readSandboxOptions(args: readonly string[]): Promise<SandboxCommand> {
  const values = optionsIn(args);
  const port = Number(values.port ?? DEFAULT_PORT);
  if (!/^\d+$/.test(values.port ?? '0') || port > HIGHEST_PORT) {
    throw new UsageError(
      `--port must be a whole number from 0 to ${HIGHEST_PORT}. For example, use --port 9000.`,
    );
  }
  const kindOf = async (path: string) => stat(path).catch(() => undefined);
  if (values.dir !== undefined && !(await kindOf(values.dir))?.isDirectory()) {
    throw new UsageError(`--dir must be an existing directory, but ${values.dir} is not. Check the path.`);
  }
  const { 'ready-file': readyFile } = values;
  if (readyFile !== undefined && !(await kindOf(dirname(readyFile)))?.isDirectory()) {
    throw new UsageError(
      `--ready-file must be in an existing directory, but ${readyFile} is not. Create the directory.`,
    );
  }
  const seed = values.config === undefined ? SAMPLE_SEED : seedFrom(configIn(values.config));
  return {
    port,
    dir: values.dir,
    seed,
    isSample: values.config === undefined,
    ...identityOf(values.as, seed),
    readyFile,
  };
}

function configIn(path: string): string {
  const source = readSource(path, '--config');
  if ('problem' in source) throw new UsageError(describeProblem(source.problem));
  return source.text;
}

function identityOf(name: string | undefined, seed: Seed): Pick<SandboxCommand, 'as' | 'pod'> {
  if (name === undefined) return { as: undefined, pod: undefined };
  const pattern = readCallerPattern(name);
  if (pattern?.kind !== 'issued') return { as: callerNamed(name, seed), pod: undefined };
  const kinds = new Map(seed.issuers('').map((issuer) => [issuer.name, issuer.kind]));
  const problem = issuedProblem(pattern, kinds);
  if (problem !== undefined) throw new UsageError(describeProblem({ field: '--as', ...problem }));
  return { as: undefined, pod: name };
}

/** @param name an email, a unique ID, or the part of an email before the @ */
function callerNamed(name: string, { accounts }: Seed): string {
  const callers = createAccounts(accounts)
    .list()
    .filter(({ email }) => email !== ACCOUNTS.bridge.email);
  const found =
    callers.find(({ email, uniqueId }) => email === name || uniqueId === name) ??
    callers.find(({ email }) => email.startsWith(`${name}@`));
  if (found !== undefined) return found.email;
  const why =
    name === ACCOUNTS.bridge.email
      ? "is the bridge's own account, which cannot be a caller"
      : 'is not a caller in this sandbox';
  throw new UsageError(
    `--as must name a caller, but ${quote(name)} ${why}. Choose one of: ${callers.map(({ email }) => email).join(', ')}.`,
  );
}

function optionsIn(args: readonly string[]) {
  try {
    return readArguments(args, { options: ['port', 'dir', 'config', 'as', 'ready-file'] }).values;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    // npm treats options before a `--` as its own options, and passes on only their values.
    const valuesOnly = args.some((arg) => /^\d+$/.test(arg)) && !args.some((arg) => arg.startsWith('-'));
    const hint = valuesOnly ? ' With npm, put the options after --: npm run sandbox -- --port N.' : '';
    throw new UsageError(`${error.message}${hint} Each option takes one value:\n\n${USAGE}`);
  }
}
