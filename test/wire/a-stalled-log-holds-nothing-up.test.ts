// Where nobody takes what the bridge writes, it serves on, and ends when it is told to.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { it } from 'node:test';
import { inheritedEnvironment } from '../../src/config.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { request } from './http-request.ts';
import { freePort } from './metrics.ts';
import { until } from './until.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
/** More lines than a pipe holds. */
const REQUESTS = 400;

it('a log that nobody reads holds up neither callers nor the end', async () => {
  const sandbox = await startSandbox();
  const port = await freePort();
  const bridge = spawn(process.execPath, [MAIN, 'serve'], {
    env: {
      ...inheritedEnvironment(),
      ...sandbox.environment,
      ...{ FEDBRIDGE_HOST: '127.0.0.1', PORT: String(port) },
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(bridge, 'exit');
  try {
    const origin = `http://127.0.0.1:${port}`;
    const answers = async (): Promise<boolean> =>
      (await request(origin, '/-/live').catch(() => undefined))?.status === 200;
    await until('it listens', answers, 20_000);
    for (let i = 0; i < REQUESTS; i += 1) {
      assert.equal((await request(origin, `/acme-lake/${'x'.repeat(600)}`)).status, 401);
    }
    bridge.kill('SIGTERM');
    assert.deepEqual(await exited, [0, null]);
  } finally {
    bridge.kill('SIGKILL');
    await sandbox.close();
  }
});
