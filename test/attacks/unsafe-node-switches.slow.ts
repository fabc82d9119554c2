// The project's programs refuse to start if a Node option disables a security protection. Node applies such options before any
// code of these programs runs.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { until } from '../support/until.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import { startWire } from '../support/wire.ts';
import type { WireOptions } from '../support/wire.ts';

const ROOT = new URL('../..', import.meta.url).pathname;
const MAIN = `${ROOT}src/main.ts`;
const UNCHECKED = new URL('serve-without-refusals.ts', import.meta.url).pathname;

const ofLine = (...options: readonly string[]): WireOptions => ({
  program: { command: [process.execPath, ...options, MAIN, 'serve'], options: {} },
});
const ofVariable = (text: string): WireOptions => ({ environment: { NODE_OPTIONS: text } });

const CASES: Readonly<Record<string, WireOptions>> = {
  'NODE_TLS_REJECT_UNAUTHORIZED=0': { environment: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } },
  '--insecure-http-parser': ofVariable('--insecure-http-parser'),
  '--insecure-http-parser on the command line': ofLine('--insecure-http-parser'),
  '--insecure-http-parser with underscores': ofVariable('--no-warnings  --insecure_http_parser'),
  '--insecure-http-parser in quotes': ofVariable('"--in"secure-http-"parser"'),
  '--tls-keylog': ofVariable('--tls-keylog=/dev/null'),
  '--tls-keylog followed by its file': ofVariable('--tls-keylog /dev/null'),
  '--tls-keylog on the command line': ofLine('--tls-keylog', '/dev/null'),
  '--tls-min-v1.0': ofVariable('--tls-min-v1.0'),
  '--tls-min-v1.1': ofVariable('--tls-min-v1.1'),
  '--inspect': ofVariable('--inspect=127.0.0.1:0'),
  '--inspect on the command line': ofLine('--inspect=127.0.0.1:0'),
  '--inspect-port': ofVariable('--inspect-port=127.0.0.1:0'),
  '--experimental-config-file on the command line': ofLine(
    `--experimental-config-file=${ROOT}test/attacks/node.config.json`,
  ),
};

describe('the bridge', () => {
  for (const [name, options] of Object.entries(CASES)) {
    const [, option = ''] = /^(\S+)/.exec(name) ?? [];
    it(`refuses to start with ${name}, and reports why`, async () => {
      const started = startWire({ ...options, ready: false }).then((wire) => wire.close());
      await assert.rejects(started, ({ message }: Error) => {
        assert.ok(message.includes(`\n${option} `), message);
        assert.match(message, /\. (?:Unset it|Remove it from the command line and from NODE_OPTIONS)\./);
        return true;
      });
    });
  }
});

describe('the bridge', () => {
  for (const [name, environment] of Object.entries<Record<string, string>>({
    'a switch that is turned off': {
      NODE_TLS_REJECT_UNAUTHORIZED: '1',
      NODE_OPTIONS: '--no-insecure-http-parser',
    },
    'stricter switches': { NODE_OPTIONS: '--tls-min-v1.3 --disable-sigusr1' },
    'a value that only looks like a switch': { NODE_OPTIONS: '"--title=--inspect --tls-keylog"' },
  }))
    it(`starts if its Node options are safe (${name})`, async () => {
      await (await startWire({ environment })).close();
    });
});

async function run(file: string, args: readonly string[], environment: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [file, ...args], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(child, 'close') as Promise<[number | null]>;
  const stdout = await text(child.stdout);
  const [code] = await ended;
  return { code, stdout };
}

describe('every command', async () => {
  const { stdout } = await run(MAIN, ['--help'], {});
  const commands = [...stdout.matchAll(/^ {2}fedbridge ([a-z-]+)/gm)].map(([, name = '']) => name);
  const programs = [
    ...commands.map((name) => ({ name, file: MAIN, args: [name, '--help'] })),
    { name: 'the probe', file: `${ROOT}deploy/probe.ts`, args: ['--help'] },
  ];
  assert.equal(programs.length, 16);
  for (const { name, file, args } of programs)
    it(`refuses to run if certificate verification is disabled: ${name}`, async () => {
      const refused = await run(file, args, { NODE_TLS_REJECT_UNAUTHORIZED: '0' });
      assert.deepEqual(refused, { code: 1, stdout: '' });
    });

  for (const { name, file, args } of programs.filter(({ name }) => name !== 'sandbox'))
    it(`refuses to run under an inspector: ${name}`, async () => {
      const refused = await run(file, args, { NODE_OPTIONS: '--inspect=127.0.0.1:0' });
      assert.deepEqual(refused, { code: 1, stdout: '' });
    });
});

it('the sandbox and its bridge can run under an inspector', async () => {
  const child = spawn(process.execPath, [MAIN, 'sandbox', '--port', '0'], {
    env: { PATH: process.env['PATH'], NODE_OPTIONS: '--inspect=127.0.0.1:0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  try {
    await until(
      'the sandbox is up or has exited',
      () => output.includes('The sandbox is up') || child.exitCode !== null,
    );
    assert.match(output, /The sandbox is up/);
    assert.equal(output.match(/Debugger listening on/g)?.length, 2, output);
  } finally {
    child.kill('SIGTERM');
  }
});

it('SIGUSR1 does not start an inspector', async () => {
  const wire = await startWire({ ownProcess: true });
  try {
    process.kill(wire.bridge.pid, 'SIGUSR1');
    // If SIGUSR1 made Node start the inspector, the inspector would start in a later turn of the event loop. Each request takes
    // at least one turn.
    for (let turn = 0; turn < 20; turn += 1) assert.equal((await wire.get('/-/live')).status, 200);
    assert.equal(await wire.bridge.stop(), 0);
    assert.doesNotMatch(wire.bridge.output(), /Debugger listening/);
  } finally {
    await wire.close();
  }
});

it('Node ignores SIGUSR1 in every command line that the project provides', () => {
  const read = (path: string): string => readFileSync(`${ROOT}${path}`, 'utf8');
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  assert.match(scripts['start'] ?? '', /^exec node .*--disable-sigusr1 .*src\/main\.ts serve$/);
  assert.match(
    read('deploy/Dockerfile'),
    /^ENTRYPOINT \["node", .*"--disable-sigusr1", "\/app\/main\.js"\]$/m,
  );
  assert.match(
    read('deploy/gce/fedbridge@.service'),
    /^ExecStart=\S+node .*--disable-sigusr1 \S+main\.js serve$/m,
  );
});

it("every HTTP server in the bridge parses HTTP strictly, regardless of Node's options", async (context) => {
  const command = [process.execPath, '--insecure-http-parser', UNCHECKED];
  const wire = await startWire({ program: { command, options: {} } });
  context.after(() => wire.close());
  // The two headers disagree about where the request ends. A lenient parser would accept such a request (RFC 9112, 6.1).
  const lengths = 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n';
  const asked = `GET /-/live HTTP/1.1\r\nHost: bridge\r\n${lengths}\r\n0\r\n\r\n`;
  assert.match(await rawExchange(wire.bridge.url, asked), /^HTTP\/1\.1 400 /);
});
