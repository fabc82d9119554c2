// Runs `fedbridge sandbox` in a child process, as a user would.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

/**
 * Kills the process at the end of the test. `exit` resolves when the process has exited and all its output has been
 * read.
 */
export function runSandbox(
  context: TestContext,
  options: readonly string[],
  env: Readonly<Record<string, string>> = {},
) {
  const child = spawn(process.execPath, [MAIN, 'sandbox', ...options], {
    env: { ...process.env, LOG_LEVEL: 'error', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  context.after(() => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => (output += text.toString()));
  const exit = once(child, 'close').then(([code]) => ({ code: code as number | null, output }));
  return { child, exit, output: () => output };
}
