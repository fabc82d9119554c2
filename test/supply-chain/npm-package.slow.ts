// Packs the npm package with `npm pack`, installs it in an empty directory, and runs `npx fedbridge` there.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { SandboxContract } from '../../src/sandbox/sandbox.ts';
import { ask, identityToken } from '../sandbox/clients.ts';
import { until } from '../support/until.ts';
import { startLocalRegistry } from './local-registry.ts';
import { ROOT } from './packages.ts';

const run = promisify(execFile);

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

describe('the npm package', () => {
  let directory: string;
  let app: string;
  let packed: Packed;
  const environment = (settings: Record<string, string> = {}) => ({
    ...process.env,
    // Uses the Node that runs this test, without the project's own packages.
    PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
    NO_PROXY: '127.0.0.1',
    npm_config_cache: join(directory, 'cache'),
    npm_config_update_notifier: 'false',
    ...settings,
  });

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'fedbridge-package-'));
    app = join(directory, 'app');
    mkdirSync(app);
    const { stdout } = await run('npm', ['pack', '--json', '--silent', '--pack-destination', directory], {
      cwd: ROOT,
      env: environment(),
      maxBuffer: 16 * 1024 * 1024,
    });
    [packed] = JSON.parse(stdout) as [Packed];
    const registry = await startLocalRegistry();
    try {
      await run('npm', ['install', '--no-audit', '--no-fund', join(directory, packed.filename)], {
        cwd: app,
        env: environment({ npm_config_registry: registry.url }),
      });
    } finally {
      registry.close();
    }
  });
  after(() => {
    rmSync(directory, { recursive: true });
  });

  it('contains the compiled sources, the command, the license, README and changelog, and nothing else', () => {
    const compiled = globSync('src/**/*.ts', { cwd: ROOT })
      .filter((path) => !path.startsWith('src/console/web/'))
      .map((path) => path.replace(/^src\/(.*)\.ts$/, 'lib/$1.js'));
    const others = [
      'lib/console/THIRD-PARTY-LICENSES.txt',
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'bin/fedbridge.js',
      'package.json',
    ];
    assert.deepEqual(packed.files.map(({ path }) => path).toSorted(), [...others, ...compiled].toSorted());
  });

  it('prints its version', async () => {
    const { stdout } = await run('npx', ['fedbridge', '--version'], { cwd: app, env: environment() });
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    assert.equal(stdout, `${version}\n`);
  });

  it('validates a configuration file', async () => {
    const file = join(ROOT, 'deploy/example.yaml');
    const { stdout } = await run('npx', ['fedbridge', 'check', file], { cwd: app, env: environment() });
    assert.match(stdout, /^Nobody else may read anything\.$/m);
  });

  it('runs the sandbox, which serves an object to its caller', async (context) => {
    const file = join(directory, 'ready.json');
    const child = spawn('npx', ['fedbridge', 'sandbox', '--port', '0', '--ready-file', file], {
      cwd: app,
      env: environment(),
      stdio: ['ignore', 'ignore', 'inherit'],
      // npx does not forward signals, so the test signals the whole process group.
      detached: true,
    });
    let ended = false;
    child.once('exit', () => (ended = true));
    context.after(async () => {
      if (child.pid !== undefined && !ended) process.kill(-child.pid, 'SIGTERM');
      await until('the sandbox has removed its ready file', () => !existsSync(file));
    });
    await until('the sandbox is ready', () => existsSync(file) || ended);
    assert.ok(!ended, 'the sandbox exited before it was ready');

    const contract = JSON.parse(readFileSync(file, 'utf8')) as SandboxContract & { bridge: string };
    const token = await identityToken({ contract }, contract.callers.reader, contract.audience);
    const { status, text } = await ask(contract.bridge, `/${contract.bucket}/raw/public/orders.csv`, {
      headers: { authorization: `Bearer ${token}` },
    });
    assert.equal(status, 200);
    assert.match(text, /^id,item,quantity\n/);
  });
});
