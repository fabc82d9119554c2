// As a child process, `fedbridge sandbox` starts completely, stops on a signal, and leaves no process behind.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SandboxContract } from '../../src/sandbox/sandbox.ts';
import { inTime } from '../support/until.ts';
import { ask, identityToken } from './clients.ts';
import { runSandbox } from './sandbox-command.ts';

async function running(context: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'fedbridge-ready-'));
  context.after(() => {
    rmSync(directory, { recursive: true });
  });
  const file = join(directory, 'ready.json');
  const { child, exit } = runSandbox(context, ['--port', '0', '--ready-file', file]);
  while (!existsSync(file)) {
    assert.equal(child.exitCode, null, 'the sandbox exited before it was ready');
    await sleep(20);
  }
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const contract = JSON.parse(readFileSync(file, 'utf8')) as SandboxContract & { bridge: string };
  return { child, exit, file, contract };
}

async function read(
  { contract }: { contract: SandboxContract & { bridge: string } },
  caller: string,
  key: string,
) {
  const token = await identityToken({ contract }, caller, contract.audience);
  return ask(contract.bridge, `/${contract.bucket}/${key}`, {
    headers: { authorization: `Bearer ${token}` },
  });
}

/** Resolves when nothing listens at the URL anymore. */
async function gone(origin: string): Promise<void> {
  for (;;) {
    try {
      await ask(origin, '/');
    } catch {
      return;
    }
    await sleep(20);
  }
}

test('each caller can read through the bridge exactly the objects that the ready file lists for it', async (context) => {
  const sandbox = await running(context);
  const { reader, scoped, stranger } = sandbox.contract.callers;
  const status = async (caller: string, key: string) => (await read(sandbox, caller, key)).status;
  assert.equal(await status(reader, 'raw/private/salaries.csv'), 200);
  assert.equal(await status(scoped, 'raw/public/orders.csv'), 200);
  assert.equal(await status(scoped, 'raw/private/salaries.csv'), 403);
  assert.equal(await status(stranger, 'raw/public/orders.csv'), 403);
});

test('the sandbox exits with code 0 on a signal, and removes its ready file', async (context) => {
  const { child, exit, file, contract } = await running(context);
  child.kill('SIGINT');
  assert.equal((await inTime('the sandbox exits', exit)).code, 0);
  assert.equal(existsSync(file), false);
  await gone(contract.bridge);
});

test('a sandbox that is killed leaves no bridge process behind', async (context) => {
  const { child, contract } = await running(context);
  child.kill('SIGKILL');
  await gone(contract.bridge);
});

test('the sandbox exits with code 1 and reports the cause if the bridge dies', async (context) => {
  const { child, exit } = await running(context);
  bridgeOf(child);
  const { code, output } = await exit;
  assert.equal(code, 1);
  assert.match(output, /The bridge exited unexpectedly \(signal SIGKILL\)/);
});

test('the sandbox reports a port that is already in use, together with the fix', async (context) => {
  const holder = createServer();
  holder.listen(0, '127.0.0.1');
  await once(holder, 'listening');
  context.after(() => holder.close());
  const { port } = holder.address() as AddressInfo;
  const { code, output } = await runSandbox(context, ['--port', String(port)]).exit;
  assert.equal(code, 1);
  assert.ok(
    output.includes(`Port ${port} on 127.0.0.1 is in use`) && output.includes('set --port to'),
    output,
  );
});

test('the sandbox exits with code 2 and explains the mistake if its arguments are invalid', async (context) => {
  const cases: readonly (readonly [options: string[], said: RegExp])[] = [
    [['--prot', '1'], /'--prot'.*--port N/s],
    [['8280'], /npm run sandbox -- --port N/],
    [['--port', 'x'], /--port must be a whole number from 0 to 65528/],
    [['--dir', '/not/there'], /--dir must be an existing directory/],
    [['--config', '/not/there'], /--config: must be the path to a readable file/],
  ];
  for (const [options, said] of cases) {
    const { code, output } = await runSandbox(context, options).exit;
    assert.equal(code, 2);
    assert.match(output, said);
  }
  const { code, output } = await runSandbox(context, [], { K_SERVICE: 'fedbridge' }).exit;
  assert.equal(code, 2);
  assert.match(output, /does not run on Cloud Run/);
});

/** Kills the sandbox's only child process. */
function bridgeOf({ pid }: ChildProcess): void {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  assert.equal(children.length, 1);
  process.kill(Number(children[0]), 'SIGKILL');
}
