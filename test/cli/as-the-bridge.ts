// Runs commands that act as the bridge, each in a child process with a fixed environment, against a sandbox.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { inheritedEnvironment } from '../../src/config/load.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import type { Sandbox, SandboxContract } from '../../src/sandbox/sandbox.ts';
import { control } from '../sandbox/clients.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
/** The command as it appears in a configuration file's `credential_process`. */
export const FEDBRIDGE = `${process.execPath} ${MAIN}`;

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

type Variables = Readonly<Record<string, string>>;

type Call = Readonly<Record<string, unknown>>;

export interface AsTheBridge {
  readonly sandbox: Sandbox;
  readonly contract: SandboxContract;
  /** A temporary directory, which is also the processes' home directory. */
  readonly directory: string;
  /** @returns the path to a new file with that name in the directory */
  file(name: string, content: string): string;
  /**
   * Runs `fedbridge ARGS` with a bridge's variables.
   * @param environment adds or replaces variables; '' unsets a variable
   */
  run(args: readonly string[], environment?: Variables): Promise<Outcome>;
  /** Runs any other program with a bridge's variables. */
  spawn(program: string, args: readonly string[], environment?: Variables): Promise<Outcome>;
  control(method: string, path: string, fields?: unknown): Promise<unknown>;
  /** The calls to an upstream since the list of calls was last cleared. */
  calls(upstream: 'metadata' | 'sts'): Promise<readonly Call[]>;
  close(): Promise<void>;
}

export async function startAsTheBridge(): Promise<AsTheBridge> {
  const sandbox = await startSandbox();
  const { contract, environment: bridgeEnvironment } = sandbox;
  const directory = mkdtempSync(join(tmpdir(), 'fedbridge-commands-'));
  const start: AsTheBridge['spawn'] = async (program, args, environment = {}) => {
    const child = spawn(program, args, {
      cwd: directory,
      env: { ...inheritedEnvironment(), HOME: directory, ...bridgeEnvironment, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process in a new session has no terminal, so it cannot prompt.
      detached: true,
    });
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    child.once('error', reject).once('close', resolve);
    const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), promise]);
    return { code, stdout, stderr };
  };
  return {
    sandbox,
    contract,
    directory,
    spawn: start,
    file: (name, content) => {
      const path = join(directory, name);
      writeFileSync(path, content);
      return path;
    },
    run: (args, environment) => start(process.execPath, [MAIN, ...args], environment),
    control: (method, path, fields) => control(sandbox, method, path, fields),
    calls: async (upstream) =>
      ((await control(sandbox, 'GET', '/calls')) as Record<string, readonly Call[]>)[upstream] ?? [],
    close: async () => {
      rmSync(directory, { recursive: true });
      await sandbox.close();
    },
  };
}

/**
 * Asserts that a command fails with this exit code, without standard output and without secrets on standard error.
 * @returns the lines of standard error
 */
export async function failing(
  here: AsTheBridge,
  code: 1 | 2,
  args: readonly string[],
  environment: Variables = {},
): Promise<readonly string[]> {
  const outcome = await here.run(args, environment);
  assert.deepEqual([outcome.code, outcome.stdout], [code, ''], outcome.stderr);
  assert.doesNotMatch(outcome.stderr, /eyJ|ASIA|AKIA|\n {4}at /);
  assert.ok(outcome.stderr.startsWith(`fedbridge ${args[0] ?? ''}: `), outcome.stderr);
  return outcome.stderr.trimEnd().split('\n');
}

/**
 * @returns the bridge's YAML with these roles; `roles` maps each role's name to a YAML flow mapping, and the sandbox's bucket
 * uses the first role
 */
export function withRoles(
  { audience, awsAudience, region, bucket, callers }: SandboxContract,
  roles: Readonly<Record<string, string>>,
  more = '',
): string {
  const [first = ''] = Object.keys(roles);
  return [
    `audience: ${audience}`,
    `aws: { region: ${region}, audience: ${awsAudience} }`,
    'roles:',
    ...Object.entries(roles).map(([name, fields]) => `  ${name}: { ${fields} }`),
    `buckets: { ${bucket}: { role: ${first} } }`,
    `grants: [{ callers: [${callers.reader}], allow: [get], bucket: ${bucket} }]`,
    `${more}\n`,
  ].join('\n');
}
