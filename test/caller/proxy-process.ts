// Starts `fedbridge proxy` in a separate process, as a user does.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { inheritedEnvironment } from '../../src/config/load.ts';
import { inTime, until } from '../support/until.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

export interface ProxyProcess {
  readonly url: string;
  /** The variables that the proxy prints for S3 clients. */
  readonly variables: Readonly<Record<string, string>>;
  readonly accessKey: string;
  stdout(): string;
  stderr(): string;
  /** @returns the exit code */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Listens on any free port. */
export async function startProxyProcess(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<ProxyProcess> {
  const child = spawn(process.execPath, [MAIN, 'proxy', '--listen', '127.0.0.1:0', ...args], {
    env: { ...inheritedEnvironment(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const closed = once(child, 'close');
  await until('the proxy listens', () => /^ +export .*\n/m.test(stdout) || child.exitCode !== null);
  const variables = Object.fromEntries(
    [...stdout.matchAll(/(AWS_\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]),
  );
  const { AWS_ENDPOINT_URL_S3: url, AWS_ACCESS_KEY_ID: accessKey } = variables;
  assert.ok(url !== undefined && accessKey !== undefined, `${stdout}${stderr}`);
  return {
    url,
    variables,
    accessKey,
    stdout: () => stdout,
    stderr: () => stderr,
    stop: async (signal = 'SIGTERM') => {
      if (child.exitCode === null) child.kill(signal);
      await inTime(`the proxy exits after ${signal}`, closed);
      return child.exitCode;
    },
  };
}
