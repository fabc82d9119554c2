// Runs an image's bridge against the sandbox up to its first read, so that V8's code cache contains the code for that read.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startSandbox } from '../src/sandbox/sandbox.ts';

const FILL = fileURLToPath(new URL('fill-code-cache.ts', import.meta.url));
const OBJECT = '/acme-lake/raw/public/orders.csv';

/** The deadline for the whole run, so that a bridge that hangs does not block a build. */
const LONGEST_MS = 60_000;

/** @param app the program's directory. @throws if the read fails, or if the program's exit code is not 0 */
export async function fillCodeCache(app: string): Promise<void> {
  const sandbox = await startSandbox();
  const child = spawn(process.execPath, [FILL, `${app}/`, 'serve'], {
    timeout: LONGEST_MS,
    // The image sets HOME to the same value, because its user has no entry in /etc/passwd.
    env: { ...sandbox.environment, HOME: '/', FEDBRIDGE_HOST: '127.0.0.1', PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const ended = once(child, 'exit') as Promise<[number | null]>;
    const lines = createInterface(child.stdout);
    const port = await Promise.race([portIn(lines), ended.then(() => undefined)]);
    if (port === undefined) throw new Error('The bridge exited before it started listening.');
    const { audience, callers } = sandbox.contract;
    const id = '100000000000000000001';
    const claims = { aud: audience, azp: id, sub: id, email: callers.scoped, email_verified: true };
    const { status } = await fetch(`http://127.0.0.1:${port}${OBJECT}`, {
      headers: { authorization: `Bearer ${sandbox.mint(claims)}` },
    });
    if (status !== 200)
      throw new Error(`The bridge must respond to the first read with 200, but responded with ${status}.`);
    child.kill('SIGTERM');
    const [code] = await ended;
    if (code !== 0)
      throw new Error(`The bridge must exit with 0 after the first read, but exited with ${code}.`);
  } finally {
    child.kill('SIGKILL');
    await sandbox.close();
  }
}

/** Skips any warnings at the beginning of the log. */
async function portIn(lines: Interface): Promise<number | undefined> {
  for await (const line of lines) {
    const { port } = JSON.parse(line) as { port?: number };
    if (port !== undefined) return port;
  }
  return undefined;
}
