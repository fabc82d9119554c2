// Copies an image's files out of this project and runs them as an unprivileged user, with only the platform's variables. The
// bridge starts from V8's caches, reads an object for a caller, and exits on SIGTERM.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { Program } from '../support/bridge-process.ts';
import { startBridge } from '../support/bridge-process.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { until } from '../support/until.ts';
import { startWire } from '../support/wire.ts';
import { ROOT, STAGES } from './dockerfile.ts';
import { makeDirectory, makeImageFiles, USER_ID } from './image.ts';
import type { ImageFiles } from './image.ts';

const run = promisify(execFile);
/** Only root can run a process as a different user. Any other user is already unprivileged. */
const AS_USER = process.getuid?.() === 0 ? { uid: USER_ID, gid: USER_ID } : {};
const DEBUG = { NODE_DEBUG_NATIVE: 'COMPILE_CACHE' };

let image: ImageFiles;
before(async () => {
  image = await makeImageFiles();
});
after(() => {
  image.remove();
});

const program = (name: string): string => join(image.root, 'app', name);
const bridge = (): Program => ({
  command: [image.node, program('main.js'), 'serve'],
  options: { cwd: '/', ...AS_USER },
});
const wordsOf = (name: string): readonly string[] =>
  STAGES[1]?.instructions.find((one) => one.name === name)?.words ?? [];

describe('the files in an image', () => {
  it('are only the programs, their caches, the licenses and the SBOM', () => {
    const files = Object.keys(image.state()).filter((path) => !path.startsWith('app/cache/'));
    const programs = ['cache', 'console-assets.js', 'main.js', 'probe.js', 'program.cache', 'program.js'];
    const names = ['LICENSE', 'THIRD-PARTY-LICENSES.txt', 'package.json', 'sbom.cdx.json', ...programs];
    assert.deepEqual(files.sort(), ['app', ...names.map((name) => `app/${name}`)].sort());
    const flags = ['--min-semi-space-size=16', '--disable-sigusr1'];
    assert.deepEqual(wordsOf('ENTRYPOINT'), ['node', ...flags, '/app/main.js']);
    assert.deepEqual(wordsOf('CMD'), ['serve']);
  });

  it('have no node_modules directory next to them or in a parent directory', () => {
    for (let at = join(image.root, 'app'); at !== '/'; at = dirname(at))
      assert.ok(!existsSync(join(at, 'node_modules')), at);
  });

  it('do not include the sandbox', async () => {
    const started = run(image.node, [program('main.js'), 'sandbox'], { env: {}, cwd: '/' });
    await assert.rejects(started, /The sandbox is not part of this build/);
  });

  it('include an SBOM that lists every production dependency with the version in the lock file', () => {
    const sbom = JSON.parse(readFileSync(program('sbom.cdx.json'), 'utf8')) as {
      metadata: { component: { name: string; version: string } };
      components: { name: string; version: string }[];
    };
    const own = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<string, unknown>;
    const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { version: string; dev?: boolean; optional?: boolean }>;
    };
    assert.deepEqual(
      [sbom.metadata.component.name, sbom.metadata.component.version],
      ['fedbridge', own['version']],
    );
    const listed = new Set(sbom.components.map(({ name, version }) => `${name}@${version}`));
    const installed = Object.entries(lock.packages).filter(([path]) => path !== '');
    for (const [path, { version, dev = false }] of installed) {
      const component = `${path.replace(/^.*node_modules\//, '')}@${version}`;
      if (!dev) assert.ok(listed.has(component), component);
    }
    assert.ok(!sbom.components.some(({ name }) => name === 'esbuild' || name === 'typescript'));
  });
});

describe('the bridge in an image', () => {
  it("starts from the compile cache, reads an object with a caller's token, and does not write a file", async (test) => {
    const before = image.state();
    const wire = await startWire({ program: bridge(), environment: { ...image.environment, ...DEBUG } });
    test.after(() => wire.close());
    const reply = await wire.get('/acme-lake/raw/public/orders.csv', { as: 'scoped' });
    assert.equal(reply.status, 200, reply.text);
    assert.match(reply.text, /^id,item,quantity\n/);
    assert.equal((await wire.get('/acme-lake/raw/private/salaries.csv', { as: 'scoped' })).status, 403);
    assert.equal(await wire.bridge.stop('SIGTERM'), 0);
    const cache = wire.bridge
      .output()
      .split('\n')
      .filter((line) => line.startsWith('[compile cache]'));
    assert.ok(
      cache.some((line) => line.includes('main.js was accepted')),
      cache.join('\n'),
    );
    assert.ok(!cache.some((line) => /not initialized|rejected|writing cache/.test(line)), cache.join('\n'));
    assert.deepEqual(image.state(), before);
  });

  it('loads the trace exporter and exports a trace', async (test) => {
    const receiver = await startOtlpReceiver();
    const environment = { ...image.environment, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.origin };
    const wire = await startWire({ program: bridge(), environment });
    test.after(async () => {
      await wire.close();
      receiver.close();
    });
    const reply = await wire.get('/acme-lake/raw/public/orders.csv', { as: 'scoped' });
    const spans = await receiver.trace(String(reply.headers['x-request-id']));
    assert.deepEqual(
      spans.map(({ name }) => name),
      ['GET GetObject', 'authenticate', 'federate', 'read'],
    );
  });

  it("has a code cache that V8 accepts with the image's Node flags", async () => {
    const script = `
      const { readFileSync } = require('node:fs');
      const [source, cachedData] = ['js', 'cache'].map((kind) => readFileSync('${program('program.')}' + kind));
      console.log(new (require('node:vm').Script)(source.toString('latin1'), { cachedData }).cachedDataRejected);`;
    const flags = wordsOf('ENTRYPOINT').filter((word) => word.startsWith('--'));
    assert.equal((await run(image.node, [...flags, '-e', script])).stdout, 'false\n');
  });

  it('can start without its caches, which a different Node version could not use', async (test) => {
    const directory = makeDirectory();
    test.after(() => {
      rmSync(directory, { recursive: true });
    });
    for (const name of ['main.js', 'program.js', 'package.json'])
      copyFileSync(program(name), join(directory, name));
    const { stdout } = await run(image.node, [join(directory, 'main.js'), '--version'], {
      env: {},
      cwd: '/',
    });
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
  });

  it("passes the image's health check while it runs, and fails it afterwards", async (test) => {
    const wire = await startWire({ program: bridge(), environment: image.environment });
    test.after(() => wire.close());
    const [, ...args] = wordsOf('HEALTHCHECK');
    const check = () => run(image.node, args, { env: { PORT: new URL(wire.bridge.url).port }, cwd: '/' });
    await check();
    await wire.bridge.stop();
    await assert.rejects(check(), { code: 1 });
  });

  it('handles SIGTERM as process 1, for which the kernel has no default action', async (test) => {
    const space = ['--user', '--map-root-user', '--pid', '--fork', '--kill-child'];
    const possible = await run('unshare', [...space, '--', 'true']).then(
      () => true,
      () => false,
    );
    if (!possible) {
      test.skip('this machine does not allow the test to create a PID namespace (unshare)');
      return;
    }
    const wire = await startWire();
    test.after(() => wire.close());
    const { command } = bridge();
    const unshare = (await run('sh', ['-c', 'command -v unshare'])).stdout.trim();
    const started = await startBridge(
      { ...wire.sandbox.environment, ...image.environment },
      { command: [unshare, ...space, '--', ...command], options: { cwd: '/' } },
    );
    const children = `/proc/${started.pid}/task/${started.pid}/children`;
    const pid = Number(readFileSync(children, 'utf8').trim());
    assert.match(readFileSync(`/proc/${pid}/status`, 'utf8'), new RegExp(`^NSpid:\\t${pid}\\t1$`, 'm'));
    process.kill(pid, 'SIGTERM');
    await started.line(({ message }) => message === 'ended');
    await until('the process is gone', () => !existsSync(`/proc/${pid}`));
    assert.equal(await started.stop(), 0);
  });
});

describe('the probe in an image', () => {
  it("prints its help as the image's user", async () => {
    const child = spawn(image.node, [program('probe.js'), '--help'], {
      env: image.environment,
      cwd: '/',
      ...AS_USER,
    });
    const [code] = (await once(child, 'exit')) as [number];
    assert.equal(code, 0);
  });
});
