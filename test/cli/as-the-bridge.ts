// Commands that act as the bridge, run as processes beside a sandbox, with no variable but those given.
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
/** As a configuration file names it in `credential_process`. */
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
  /** A directory of the test's own, and the processes' home. */
  readonly directory: string;
  /** @returns the path of a new file of that name in the directory */
  file(name: string, content: string): string;
  /** `fedbridge ARGS`, with a bridge's variables. @param environment more or others of them; '' for none */
  run(args: readonly string[], environment?: Variables): Promise<Outcome>;
  /** Any program, likewise. */
  spawn(program: string, args: readonly string[], environment?: Variables): Promise<Outcome>;
  control(method: string, path: string, fields?: unknown): Promise<unknown>;
  /** What a supplier was asked since the calls were last forgotten. */
  calls(supplier: 'metadata' | 'sts'): Promise<readonly Call[]>;
  close(): Promise<void>;
}

export async function startAsTheBridge(): Promise<AsTheBridge> {
  const sandbox = await startSandbox();
  const { contract, environment: ofBridge } = sandbox;
  const directory = mkdtempSync(join(tmpdir(), 'fedbridge-commands-'));
  const start: AsTheBridge['spawn'] = async (program, args, environment = {}) => {
    const child = spawn(program, args, {
      cwd: directory,
      env: { ...inheritedEnvironment(), HOME: directory, ...ofBridge, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A session of its own has no terminal at which it could ask.
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
    calls: async (supplier) =>
      ((await control(sandbox, 'GET', '/calls')) as Record<string, readonly Call[]>)[supplier] ?? [],
    close: async () => {
      rmSync(directory, { recursive: true });
      await sandbox.close();
    },
  };
}

/**
 * Runs a command that must fail with that exit code, with nothing on standard output and no secret on standard error.
 * @returns the lines of standard error, of which the first names the command
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

/** The bridge's YAML with other roles: flow mappings by name, of which the first serves the sandbox's bucket. */
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
