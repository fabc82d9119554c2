// Other local users must not be able to plant compiled code that a command loads.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { promisify } from 'node:util';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const ANOTHER_USER = 65_534;
const asRoot = process.getuid?.() === 0;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fedbridge-cache-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** Runs a command that loads other modules. @returns what Node reports about its compile cache */
async function start(environment: Readonly<Record<string, string>>): Promise<string> {
  const { stderr } = await promisify(execFile)(process.execPath, [MAIN, 'check', '--help'], {
    env: { HOME: directory, NODE_DEBUG_NATIVE: 'COMPILE_CACHE', ...environment },
  });
  return stderr;
}

/** @param shared the directory that an attacker created before the command ran */
async function assertUnused(shared: string, environment: Readonly<Record<string, string>>): Promise<void> {
  const before = readdirSync(shared);
  const reported = await start(environment);
  assert.ok(!reported.includes(shared), reported);
  assert.ok(!reported.includes('[compile cache] resolved path'), reported);
  assert.deepEqual(readdirSync(shared), before);
}

describe('compiled code', () => {
  it('is stored under XDG_CACHE_HOME, readable and writable only by this user', async () => {
    const environment = { XDG_CACHE_HOME: join(directory, 'caches') };
    await start(environment);
    const own = join(directory, 'caches', 'fedbridge');
    assert.equal(statSync(own).mode & 0o777, 0o700);
    assert.match(await start(environment), /check\.ts was accepted/);
  });

  it('is stored under ~/.cache if XDG_CACHE_HOME is unset or relative', async () => {
    const own = join(directory, '.cache', 'fedbridge');
    assert.ok((await start({})).includes(`resolved path ${own} `));
    assert.ok((await start({ XDG_CACHE_HOME: 'caches' })).includes(`resolved path ${own} `));
    assert.equal(statSync(own).mode & 0o777, 0o700);
  });

  it('is not stored if there is no home directory', async () => {
    assert.doesNotMatch(await start({ HOME: '' }), /resolved path/);
    assert.deepEqual(readdirSync(directory), []);
  });

  it('is stored in the directory that NODE_COMPILE_CACHE names', async () => {
    const named = join(directory, 'named');
    assert.ok((await start({ NODE_COMPILE_CACHE: named })).includes(`resolved path ${named} `));
    assert.deepEqual(readdirSync(directory), ['named']);
  });
});

describe('a compile cache', () => {
  it("in the system's temporary directory is not used", async () => {
    const planted = join(directory, 'node-compile-cache');
    mkdirSync(planted);
    writeFileSync(join(directory, 'file'), '');
    await assertUnused(planted, { TMPDIR: directory, HOME: join(directory, 'file') });
  });

  for (const mode of [0o777, 0o770, 0o750, 0o701]) {
    it(`in a directory of mode ${mode.toString(8)} is not used`, async () => {
      const planted = join(directory, 'fedbridge');
      mkdirSync(planted);
      chmodSync(planted, mode);
      await assertUnused(planted, { XDG_CACHE_HOME: directory });
    });
  }

  it(
    'in a directory owned by another user is not used',
    { skip: asRoot ? false : 'only root can create one' },
    async () => {
      const planted = join(directory, 'fedbridge');
      mkdirSync(planted, { mode: 0o700 });
      chownSync(planted, ANOTHER_USER, ANOTHER_USER);
      await assertUnused(planted, { XDG_CACHE_HOME: directory });
    },
  );

  it('is not used if its path is a symbolic link', async () => {
    const planted = join(directory, 'elsewhere');
    mkdirSync(planted, { mode: 0o700 });
    symlinkSync(planted, join(directory, 'fedbridge'));
    await assertUnused(planted, { XDG_CACHE_HOME: directory });
  });

  for (const mode of [0o777, 0o775]) {
    it(`below a directory of mode ${mode.toString(8)} is not used, because other users could replace it`, async () => {
      const shared = join(directory, 'shared');
      mkdirSync(shared);
      chmodSync(shared, mode);
      await assertUnused(shared, { XDG_CACHE_HOME: join(shared, 'caches') });
    });
  }

  it(
    'below a directory owned by another user is not used',
    { skip: asRoot ? false : 'only root can create one' },
    async () => {
      const home = join(directory, 'home');
      mkdirSync(join(home, '.cache', 'fedbridge'), { recursive: true, mode: 0o700 });
      chownSync(home, ANOTHER_USER, ANOTHER_USER);
      await assertUnused(join(home, '.cache', 'fedbridge'), { HOME: home });
    },
  );

  it('is not used if its path is a file, and the command still works', async () => {
    writeFileSync(join(directory, 'fedbridge'), 'planted');
    await assertUnused(directory, { XDG_CACHE_HOME: directory });
  });
});
