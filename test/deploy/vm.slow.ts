// The archive of deploy/gce can be installed repeatedly, and its units run several processes of one user behind one
// port.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { readConfigDocument } from '../../src/cli/read-config.ts';
import { startBridge } from '../support/bridge-process.ts';
import type { BridgeProcess } from '../support/bridge-process.ts';
import { metricsOrigin } from '../support/metrics.ts';
import { request } from '../support/http-request.ts';
import { until } from '../support/until.ts';
import { startWire } from '../support/wire.ts';
import { makeVm, UNITS } from './vm.ts';
import type { Identity, Vm } from './vm.ts';

const run = promisify(execFile);
const EXAMPLE = readFileSync(new URL('../../deploy/example.yaml', import.meta.url), 'utf8');
const CONFIG = 'etc/fedbridge/fedbridge.yaml';

let vm: Vm;
before(async () => {
  vm = await makeVm();
  await vm.install(EXAMPLE);
});
after(() => {
  vm.remove();
});

const linkOf = (path: string): string => readlinkSync(join(vm.root, UNITS, path));
const changedSince = (before: Readonly<Record<string, string>>): string[] => {
  const now = vm.state();
  const paths = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...paths].filter((path) => before[path] !== now[path]).sort();
};

describe('the installer', () => {
  it('enables one service per core, and a target that starts them at boot', () => {
    assert.equal(linkOf('multi-user.target.wants/fedbridge.target'), '../fedbridge.target');
    for (const port of [9101, 9102])
      assert.equal(linkOf(`fedbridge.target.wants/fedbridge@${port}.service`), '../fedbridge@.service');
    assert.throws(() => linkOf('fedbridge.target.wants/fedbridge@9103.service'), { code: 'ENOENT' });
  });

  it('writes no files if nothing has changed, and only the configuration file if only that has changed', async () => {
    const before = vm.state();
    await vm.install(EXAMPLE);
    assert.deepEqual(changedSince(before), []);
    await vm.install(EXAMPLE.replace('raw/public/', 'raw/'));
    assert.deepEqual(changedSince(before), [dirname(CONFIG), CONFIG]);
    assert.match(readFileSync(join(vm.root, CONFIG), 'utf8'), /prefix: raw\/ /);
  });

  it('rejects an invalid configuration without changing anything', async () => {
    const before = vm.state();
    await assert.rejects(vm.install(EXAMPLE.replace('audience:', 'audiense:')), ({ code, stderr }: never) => {
      assert.equal(code, 1);
      assert.match(stderr, /audiense: is not a known field/);
      assert.match(
        stderr,
        /must be a valid configuration, but is not\. Fix the errors above; nothing was changed/,
      );
      return true;
    });
    assert.deepEqual(changedSince(before), []);
  });

  it('adds and removes processes to match the number of cores', async () => {
    await vm.install(EXAMPLE, { cores: 3 });
    linkOf('fedbridge.target.wants/fedbridge@9103.service');
    await vm.install(EXAMPLE, { cores: 1 });
    for (const port of [9102, 9103])
      assert.throws(() => linkOf(`fedbridge.target.wants/fedbridge@${port}.service`), { code: 'ENOENT' });
  });
});

describe('the installer, while waiting for a process to start', () => {
  for (const host of ['127.0.0.1', '127.0.0.2', '::1', '0.0.0.0']) {
    it(`polls the metrics at the address set in /etc/fedbridge/environment: ${host}`, async (test) => {
      const server = createServer((request, response) => {
        response.statusCode = request.url === '/-/metrics' ? 200 : 404;
        response.end();
      });
      test.after(() => server.close());
      await once(server.listen(0, host), 'listening');
      const { port } = server.address() as AddressInfo;
      const file = join(vm.root, 'environment');
      // If the environment file does not exist, the installer must use the default address, 127.0.0.1.
      if (host === '127.0.0.1') rmSync(file, { force: true });
      else writeFileSync(file, `LOG_LEVEL=warn\nFEDBRIDGE_METRICS_HOST=${host}\n`);
      const script = readFileSync(new URL('../../deploy/gce/install.sh', import.meta.url), 'utf8');
      const [wait = ''] = /^await\(\) \{\n[^]*?^\}/m.exec(script) ?? [];
      await run('sh', [
        '-euc',
        `node=$1 environment=$2; ${wait}; await ${port}`,
        'sh',
        process.execPath,
        file,
      ]);
    });
  }
});

describe('the systemd unit', () => {
  it('gives the process only the permissions that it needs', () => {
    for (const [name, value] of [
      ['DynamicUser', 'yes'],
      ['ProtectSystem', 'strict'],
      ['ProtectHome', 'yes'],
      ['NoNewPrivileges', 'yes'],
      ['CapabilityBoundingSet', ''],
      ['SystemCallFilter', '@system-service'],
      ['Restart', 'always'],
      ['StartLimitIntervalSec', '0'],
    ] as const)
      assert.equal(vm.directives(name)[0], value, name);
    assert.match(vm.directives('MemoryMax')[0] ?? '', /^\d+[MG]$/);
    // All instances must run as one user, because only processes of one user can share the port.
    assert.deepEqual(vm.directives('User'), ['fedbridge']);
    assert.match(vm.directives('ExecReload')[0] ?? '', /-HUP \$MAINPID$/);
  });

  it("has a stop timeout that is longer than the bridge's drain timeout", () => {
    const { drainSeconds } = readConfigDocument(EXAMPLE).limits;
    assert.ok(Number(vm.directives('TimeoutStopSec')[0]) > drainSeconds);
  });

  it("passes systemd's own checks", async (test) => {
    const version = await run('systemd-analyze', ['--version']).catch(() => undefined);
    if (version === undefined) {
      test.skip('systemd-analyze is not installed');
      return;
    }
    // Creates stubs for system units that exist on every real machine, and to which the bridge's units refer.
    for (const unit of ['basic', 'multi-user', 'network-online', 'shutdown', 'sysinit']) {
      mkdirSync(join(vm.root, 'usr/lib/systemd/system'), { recursive: true });
      writeFileSync(join(vm.root, `usr/lib/systemd/system/${unit}.target`), '[Unit]\n');
    }
    mkdirSync(join(vm.root, 'bin'), { recursive: true });
    writeFileSync(join(vm.root, 'bin/kill'), '', { mode: 0o755 });
    const names = ['fedbridge@9101.service', 'fedbridge.target'];
    const { stderr } = await run('systemd-analyze', ['verify', `--root=${vm.root}`, ...names]);
    assert.equal(stderr, '');
    // systemd rates a unit's exposure from 0 to 100. Without the hardening directives, this unit is near 100.
    const limits = ['--offline=true', '--threshold=20'];
    await run('systemd-analyze', ['security', `--root=${vm.root}`, ...limits, 'fedbridge@9101.service']);
  });
});

describe('processes started by the systemd units', () => {
  it('load the compile cache, have separate metrics, and share one port if they run as the same user', async (test) => {
    const wire = await startWire();
    test.after(() => wire.close());
    const { FEDBRIDGE_CONFIG: config = '', ...upstreams } = wire.sandbox.environment;
    await vm.install(config);
    assert.equal(vm.instance('9101').environment['FEDBRIDGE_METRICS_PORT'], '9101');
    // Each bridge chooses a free metrics port, and the first bridge chooses the shared port.
    const start = async (port: string, as?: Identity): Promise<BridgeProcess> => {
      const { program, environment } = vm.instance('0', as);
      const variables = { ...upstreams, ...environment, PORT: port, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' };
      const started = await startBridge(variables, program);
      test.after(() => started.stop());
      return started;
    };
    const first = await start('0');
    const { port } = new URL(first.url);
    const bridges = [first, await start(port)];
    const path = '/acme-lake/raw/public/orders.csv';
    const authorization = `Bearer ${await wire.token('scoped')}`;
    await until('both have served', async () => {
      const { status } = await request(first.url, path, { headers: { authorization } });
      assert.equal(status, 200);
      return bridges.every(({ lines }) => lines.some(({ message }) => message === `GET ${path} 200`));
    });
    for (const bridge of bridges) {
      const { text } = await request(await metricsOrigin(bridge), '/-/metrics');
      assert.match(text, /operation="GetObject"/);
    }
    if (process.getuid?.() === 0)
      await assert.rejects(start(port, { userId: 65533 }), /another process is using that port/);
    else test.diagnostic('not root: did not test that another user cannot share the port');
    for (const bridge of bridges) {
      assert.equal(await bridge.stop(), 0);
      assert.match(bridge.output(), /main\.js was accepted/);
    }
  });
});
