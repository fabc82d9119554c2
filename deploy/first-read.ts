// Has the bridge of an image run as far as a first read, against the sandbox, so that V8's code cache of it holds what that needs.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startSandbox } from '../src/sandbox/sandbox.ts';

const FILL = fileURLToPath(new URL('fill-code-cache.ts', import.meta.url));
const OBJECT = '/acme-lake/raw/public/orders.csv';

/** A bridge that hangs must not hold a build. */
const LONGEST_MS = 60_000;

/** @param app the directory of the program. @throws where the read is not answered, or the program does not end well */
export async function fillCodeCache(app: string): Promise<void> {
  const sandbox = await startSandbox();
  const child = spawn(process.execPath, [FILL, `${app}/`, 'serve'], {
    // HOME as in the image: a user without an entry in /etc/passwd has no other.
    timeout: LONGEST_MS,
    env: { ...sandbox.environment, HOME: '/', FEDBRIDGE_HOST: '127.0.0.1', PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const ended = once(child, 'exit') as Promise<[number | null]>;
    const lines = createInterface(child.stdout);
    const port = await Promise.race([portIn(lines), ended.then(() => undefined)]);
    if (port === undefined) throw new Error('The bridge must listen for a first read, and does not.');
    const { audience, callers } = sandbox.contract;
    const id = '100000000000000000001';
    const claims = { aud: audience, azp: id, sub: id, email: callers.scoped, email_verified: true };
    const { status } = await fetch(`http://127.0.0.1:${port}${OBJECT}`, {
      headers: { authorization: `Bearer ${sandbox.mint(claims)}` },
    });
    if (status !== 200) throw new Error(`The bridge must answer a first read, and says ${status}.`);
    child.kill('SIGTERM');
    const [code] = await ended;
    if (code !== 0) throw new Error(`The bridge must end with 0 after a first read, and ends with ${code}.`);
  } finally {
    child.kill('SIGKILL');
    await sandbox.close();
  }
}

/** The log may begin with warnings. */
async function portIn(lines: Interface): Promise<number | undefined> {
  for await (const line of lines) {
    const { port } = JSON.parse(line) as { port?: number };
    if (port !== undefined) return port;
  }
  return undefined;
}
