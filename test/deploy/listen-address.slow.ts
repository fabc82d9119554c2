// By default, other machines cannot connect to the bridge. On Cloud Run, in the image and on VMs, other machines can connect.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { startBridge } from '../support/bridge-process.ts';
import type { Program } from '../support/bridge-process.ts';
import { startWire } from '../support/wire.ts';
import type { Wire } from '../support/wire.ts';
import { makeImageFiles } from './image.ts';
import type { ImageFiles } from './image.ts';
import { makeVm } from './vm.ts';

const run = promisify(execFile);
const EXAMPLE = readFileSync(new URL('../../deploy/example.yaml', import.meta.url), 'utf8');

let wire: Wire;
let image: ImageFiles;
before(async () => {
  image = await makeImageFiles();
  wire = await startWire();
});
after(async () => {
  await wire.close();
  image.remove();
});

const imageBridge = (): Program => ({
  command: [image.node, `${image.root}/app/main.js`, 'serve'],
  options: { cwd: '/' },
});

/** The variables that a platform sets for the bridge, without the FEDBRIDGE_HOST that other tests use. */
const platform = (more: Readonly<Record<string, string>>): Record<string, string> => ({
  ...wire.sandbox.environment,
  FEDBRIDGE_HOST: '',
  ...more,
});

/** @returns the status of `/-/live` at an address of this machine, or 0 if nothing listens there */
async function statusAt(address: string, port: string): Promise<number> {
  return fetch(`http://${address}:${port}/-/live`).then(
    ({ status }) => status,
    () => 0,
  );
}

describe("the bridge's listening address", () => {
  /**
   * On Linux, every address in 127.0.0.0/8 is local, but a listener on 127.0.0.1 does not accept connections to
   * 127.0.0.2.
   */
  const cases: readonly (readonly [string, Record<string, string>, number])[] = [
    ['loopback by default, so that a laptop exposes nothing', {}, 0],
    [
      'every address of the container on Cloud Run',
      { K_SERVICE: 'lake-bridge', K_REVISION: 'lake-bridge-00001' },
      200,
    ],
    [
      'the address in FEDBRIDGE_HOST, even on Cloud Run',
      { K_SERVICE: 'lake-bridge', FEDBRIDGE_HOST: '127.0.0.1' },
      0,
    ],
  ];
  for (const [address, more, status] of cases)
    it(`is ${address}`, async (test) => {
      const bridge = await startBridge(platform(more));
      test.after(() => bridge.stop());
      const { port } = new URL(bridge.url);
      assert.equal(await statusAt('127.0.0.1', port), 200);
      assert.equal(await statusAt('127.0.0.2', port), status);
    });

  it('includes all interfaces in the image', async (test) => {
    const bridge = await startBridge(platform(image.environment), imageBridge());
    test.after(() => bridge.stop());
    assert.equal(await statusAt('127.0.0.2', new URL(bridge.url).port), 200);
  });

  it('includes all interfaces on a VM by default', async () => {
    const vm = await makeVm();
    try {
      await vm.install(EXAMPLE);
      const unit = vm.directives('Environment').join(' ').split(' ');
      assert.ok(unit.includes('FEDBRIDGE_HOST=0.0.0.0'), unit.join('\n'));
    } finally {
      vm.remove();
    }
  });
});

describe('another machine', () => {
  it('can connect to the bridge in an image, but not to a bridge with the default address', async (test) => {
    const other = await otherMachine(test);
    if (other === undefined) return;
    const [open, closed] = await Promise.all([
      startBridge(platform(image.environment), imageBridge()),
      startBridge(platform({}), imageBridge()),
    ]);
    test.after(() => Promise.all([open.stop(), closed.stop()]));
    assert.equal(await other.statusOf(new URL(open.url).port), '200');
    assert.equal(await other.statusOf(new URL(closed.url).port), 'ECONNREFUSED');
  });
});

interface OtherMachine {
  /** Requests `/-/live` on this machine from the other machine. @returns the status, or the code of the error */
  statusOf(port: string): Promise<string>;
}

/**
 * Simulates another machine with a network namespace and a virtual cable. Only root can create these, so the test is
 * skipped for other users.
 */
async function otherMachine(test: TestContext): Promise<OtherMachine | undefined> {
  const name = `fb${process.pid}`;
  const [here, there] = [`${name}a`, `${name}b`];
  const ip = (...words: string[]) => run('ip', words);
  test.after(() => ip('netns', 'del', name).catch(() => undefined));
  try {
    await ip('netns', 'add', name);
    await ip('link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', name);
    await ip('addr', 'add', '198.18.7.1/30', 'dev', here);
    await ip('link', 'set', here, 'up');
    await ip('-n', name, 'addr', 'add', '198.18.7.2/30', 'dev', there);
    await ip('-n', name, 'link', 'set', there, 'up');
  } catch (error) {
    test.skip(`the test cannot create a network namespace on this machine: ${String(error)}`);
    return undefined;
  }
  const program = `fetch('http://198.18.7.1:' + process.argv[1] + '/-/live').then(
    ({ status }) => console.log(status),
    ({ cause }) => console.log(cause.code));`;
  return {
    statusOf: async (port) => {
      const words = ['netns', 'exec', name, process.execPath, '-e', program, port];
      return (await run('ip', words)).stdout.trim();
    },
  };
}
