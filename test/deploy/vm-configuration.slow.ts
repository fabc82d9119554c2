// On a VM, other users cannot read the bridge's configuration, which may contain external IDs, and the memory
// of the bridge's processes is never written to disk.
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

/** The owner and group are checked only if the test runs as root, because other users cannot set them. */
function assertClosed(): void {
  const { mode, uid, gid } = statSync(config);
  assert.equal((mode & 0o7777).toString(8), '640');
  if (isRoot) assert.deepEqual([uid, gid], [0, vm.groupId(GROUP)]);
}

describe('the configuration on a VM', () => {
  it("is readable only by root and the service's group", () => {
    assertClosed();
    assert.deepEqual(vm.directives('SupplementaryGroups'), [GROUP]);
    assert.equal(statSync(join(vm.root, UNITS, 'fedbridge@.service')).mode & 0o7777, 0o644);
  });

  it('is made private by the installer, without a reload, if other users can read it', async () => {
    const before = vm.state();
    chmodSync(config, 0o644);
    if (isRoot) chownSync(config, 0, 0);
    await vm.install(EXAMPLE);
    assertClosed();
    assert.deepEqual(vm.state(), before);
  });

  it('stays private when the installer replaces it', async () => {
    await vm.install(EXAMPLE.replace('raw/public/', 'raw/'));
    assertClosed();
    await vm.install(EXAMPLE);
  });

  it("can be read by the unit's processes, but not by a process outside its group", async (test) => {
    if (!isRoot) {
      test.skip('this test must run as root, because it starts a process as a different user');
      return;
    }
    const wire = await startWire();
    test.after(() => wire.close());
    const { FEDBRIDGE_CONFIG: text = '', ...upstreams } = wire.sandbox.environment;
    await vm.install(text);
    const start = async (as?: Identity): Promise<BridgeProcess> => {
      const { program, environment } = vm.instance('0', as);
      const bridge = await startBridge({ ...upstreams, ...environment, PORT: '0' }, program);
      test.after(() => bridge.stop());
      return bridge;
    };
    const bridge = await start();
    assert.equal(await bridge.stop(), 0);
    await assert.rejects(start({ groupIds: [] }), /FEDBRIDGE_CONFIG: .* is not readable by this user/);
  });
});

describe('the systemd unit', () => {
  it('keeps process memory off the disk by disabling swap and core dumps', () => {
    assert.deepEqual(vm.directives('LimitCORE'), ['0']);
    assert.deepEqual(vm.directives('CoredumpFilter'), ['elf-headers']);
    assert.deepEqual(vm.directives('MemorySwapMax'), ['0']);
  });
});
