// What a person types first: help of each command, the version, the wrong Node, and a pipe that takes the first lines alone.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';

const ROOT = new URL('../..', import.meta.url).pathname;
const MAIN = `${ROOT}src/main.ts`;

function fedbridge(args: readonly string[], options: readonly string[] = []) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...options, MAIN, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  });
  return { status, stdout, stderr };
}

describe('help', () => {
  const general = fedbridge(['--help']);
  const commands = [...general.stdout.matchAll(/^ {2}fedbridge ([a-z-]+)/gm)].map(([, name = '']) => name);

  it('is the list of commands, on standard output', () => {
    assert.deepEqual([general.status, general.stderr, commands.length], [0, '', 11]);
    assert.match(general.stdout, /fedbridge COMMAND --help .*--version/);
    assert.deepEqual(fedbridge(['-h']), general);
  });

  for (const name of commands)
    it(`of ${name} is its usage, whatever else is wrong or set`, () => {
      const { status, stdout, stderr } = fedbridge([name, '--no-such-option', '--help']);
      assert.deepEqual([status, stderr], [0, '']);
      assert.ok(stdout.startsWith(`Usage: fedbridge ${name}`), stdout);
      assert.deepEqual(fedbridge([name, '-h']), { status, stdout, stderr });
    });

  it('is not asked for behind a --', () => {
    assert.match(fedbridge(['check', '--', '--help']).stderr, /"--help" does not exist/);
  });
});

it('the version is that of package.json', () => {
  const { version } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as { version: string };
  assert.deepEqual(fedbridge(['--version']), { status: 0, stdout: `${version}\n`, stderr: '' });
});

it('an older Node is told which one is needed, and goes no further', () => {
  // As far as this one can pass for it: the export is gone, as is its name for whoever asks the module for it.
  const older = `import module from 'node:module';
    Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } });
    delete module.enableCompileCache;
    module.syncBuiltinESMExports();`;
  assert.deepEqual(fedbridge(['--help'], ['--import', `data:text/javascript,${encodeURIComponent(older)}`]), {
    status: 1,
    stdout: '',
    stderr: 'fedbridge needs Node 24 or later, and this is 20.20.2.\n',
  });
});

it('a check of which nobody takes the result ends with 1, in silence', async () => {
  const child = spawn(process.execPath, [MAIN, 'check', `${ROOT}deploy/example.yaml`], {
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  const ended = once(child, 'close');
  assert.equal(await text(child.stderr), '');
  await ended;
  assert.equal(child.exitCode, 1);
});
