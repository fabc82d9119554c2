// Tests each command's help, the version, the error on an unsupported Node version, and output to a pipe that is closed early.
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

describe('the help of fedbridge', () => {
  const general = fedbridge(['--help']);
  const commands = [...general.stdout.matchAll(/^ {2}fedbridge ([a-z-]+)/gm)].map(([, name = '']) => name);

  it('lists the commands on standard output', () => {
    assert.deepEqual([general.status, general.stderr, commands.length], [0, '', 15]);
    assert.match(general.stdout, /fedbridge COMMAND --help" .*--version/);
    assert.deepEqual(fedbridge(['-h']), general);
  });

  for (const name of commands)
    it(`shows the usage of ${name}, even with invalid arguments`, () => {
      const { status, stdout, stderr } = fedbridge([name, '--no-such-option', '--help']);
      assert.deepEqual([status, stderr], [0, '']);
      assert.ok(stdout.startsWith(`Usage: fedbridge ${name}`), stdout);
      assert.deepEqual(fedbridge([name, '-h']), { status, stdout, stderr });
    });

  it('is not shown if --help follows the -- separator', () => {
    assert.match(fedbridge(['check', '--', '--help']).stderr, /"--help" does not exist/);
  });
});

it('fedbridge --version prints the version in package.json', () => {
  const { version } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as { version: string };
  assert.deepEqual(fedbridge(['--version']), { status: 0, stdout: `${version}\n`, stderr: '' });
});

it('fedbridge exits with a message that names the required Node version if it runs on an unsupported one', () => {
  // Simulates Node 20 by removing `enableCompileCache`, an export of `node:module` that Node 20 lacks.
  const older = `import module from 'node:module';
    Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } });
    delete module.enableCompileCache;
    module.syncBuiltinESMExports();`;
  assert.deepEqual(fedbridge(['--help'], ['--import', `data:text/javascript,${encodeURIComponent(older)}`]), {
    status: 1,
    stdout: '',
    stderr: 'fedbridge needs Node 24 or later, but this is Node 20.20.2.\n',
  });
});

it('fedbridge check exits with code 1 and prints no message if the reader has closed the pipe', async () => {
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
