// What a VM keeps to the bridge: its configuration, which names callers and may hold external IDs, and the memory of its processes.
import assert from 'node:assert/strict';
import { chmodSync, chownSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startBridge } from '../support/bridge-process.ts';
import type { BridgeProcess } from '../support/bridge-process.ts';
import { startWire } from '../support/wire.ts';
import { makeVm, UNITS } from './vm.ts';
import type { Identity, Vm } from './vm.ts';

const EXAMPLE = readFileSync(new URL('../../deploy/example.yaml', import.meta.url), 'utf8');
const GROUP = 'fedbridge-config';
const isRoot = process.getuid?.() === 0;

let vm: Vm;
let config: string;
before(async () => {
  vm = await makeVm();
  await vm.install(EXAMPLE);
  config = join(vm.root, 'etc/fedbridge/fedbridge.yaml');
});
after(() => {
  vm.remove();
});

/** Only root can give a file to another group. */
function assertKept(): void {
  const { mode, uid, gid } = statSync(config);
  assert.equal((mode & 0o7777).toString(8), '640');
  if (isRoot) assert.deepEqual([uid, gid], [0, vm.groupId(GROUP)]);
}

describe('the configuration on a VM', () => {
  it('can be read by root and by the group of the service only', () => {
    assertKept();
    assert.deepEqual(vm.directives('SupplementaryGroups'), [GROUP]);
    assert.equal(statSync(join(vm.root, UNITS, 'fedbridge@.service')).mode & 0o7777, 0o644);
  });

  it('is closed by the installer if an earlier one left it open, and is not read again for that', async () => {
    const before = vm.state();
    chmodSync(config, 0o644);
    if (isRoot) chownSync(config, 0, 0);
    await vm.install(EXAMPLE);
    assertKept();
    assert.deepEqual(vm.state(), before);
  });

  it('stays closed if it is replaced', async () => {
    await vm.install(EXAMPLE.replace('raw/public/', 'raw/'));
    assertKept();
    await vm.install(EXAMPLE);
  });

  it('is read by a process of the unit, and not by one without its group', async (test) => {
    if (!isRoot) {
      test.skip('not root: a process cannot be another user');
      return;
    }
    const wire = await startWire();
    test.after(() => wire.close());
    const { FEDBRIDGE_CONFIG: text = '', ...suppliers } = wire.sandbox.environment;
    await vm.install(text);
    const start = async (as?: Identity): Promise<BridgeProcess> => {
      const { program, environment } = vm.instance('0', as);
      const bridge = await startBridge({ ...suppliers, ...environment, PORT: '0' }, program);
      test.after(() => bridge.stop());
      return bridge;
    };
    const bridge = await start();
    assert.equal(await bridge.stop(), 0);
    await assert.rejects(start({ groupIds: [] }), /FEDBRIDGE_CONFIG: .* may not be read by this user/);
  });
});

describe('the unit', () => {
  it('leaves none of its memory on a disk: no swap, no core file, and only headers for a core handler that disregards limits', () => {
    assert.deepEqual(vm.directives('LimitCORE'), ['0']);
    assert.deepEqual(vm.directives('CoredumpFilter'), ['elf-headers']);
    assert.deepEqual(vm.directives('MemorySwapMax'), ['0']);
  });
});
