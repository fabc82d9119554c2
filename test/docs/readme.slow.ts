// The README against the program: its tables name what the code names, and its sessions are what one sees.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { VARIABLES } from '../../src/config/environment.ts';
import { inheritedEnvironment } from '../../src/config/load.ts';
import { FAULTS } from '../../src/errors/table.ts';
import { CONTROL_ROUTES } from '../../src/api/control-routes.ts';
import { S3_OUTCOMES } from '../../src/api/responses/s3-error.ts';
import { startWire } from '../support/wire.ts';

const ROOT = new URL('../..', import.meta.url).pathname;
const README = readFileSync(`${ROOT}README.md`, 'utf8');

/** Rows of the table whose first heading is this: cells without their marks. */
function table(heading: string): string[][] {
  const lines = README.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${heading} |`));
  assert.notEqual(start, -1, `no table begins with ${heading}`);
  const end = lines.findIndex((line, i) => i > start && !line.startsWith('|'));
  return lines
    .slice(start + 2, end)
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim()));
}

const unquoted = (cell = ''): string => cell.replaceAll('`', '');

/** The blocks of a language, in order. */
const blocks = (language: string, text = README): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, 'gm'))].map(([, block = '']) => block);

describe("the README's table", () => {
  it('of variables is the code’s', () => {
    assert.deepEqual(
      table('variable').map(([name, meaning]) => [unquoted(name), meaning]),
      VARIABLES.map(({ name, meaning }) => [name, meaning]),
    );
  });
  it('of routes has every control route, as the code describes it', () => {
    const control = table('route').filter(([route]) => route?.startsWith('`/-/') && !route.includes('?'));
    assert.deepEqual(
      control.map(([route, tells]) => [unquoted(route), unquoted(tells)]),
      CONTROL_ROUTES.map(([route, tells]) => [route, unquoted(tells)]),
    );
  });
  it('of errors has every outcome with the statuses that it comes with', () => {
    const told = new Map(
      table('`x-fedbridge-error`').map(([outcome, statuses]) => [unquoted(outcome), statuses ?? '']),
    );
    const outcomes = [
      ...Object.values(FAULTS).map(({ outcome, status }) => [outcome, status] as const),
      ...S3_OUTCOMES,
    ];
    assert.deepEqual(new Set(told.keys()), new Set(outcomes.map(([outcome]) => outcome)));
    for (const [outcome, status] of outcomes) {
      assert.ok(told.get(outcome)?.includes(String(status)), `${outcome} comes with ${status}`);
    }
  });
});

describe("the README's configuration", () => {
  it('is deploy/example.yaml', () => {
    assert.deepEqual(blocks('yaml'), [readFileSync(`${ROOT}deploy/example.yaml`, 'utf8')]);
  });
});

describe("the README's lines for clients", () => {
  it('are lines of docs/clients.md, whose snippets test:clients runs', () => {
    const played = new Set(readFileSync(`${ROOT}docs/clients.md`, 'utf8').split('\n'));
    const [, chapter = ''] = /^## Clients\n([^]*?)^## /m.exec(README) ?? [];
    const lines = ['sh', 'python', 'js', 'ini']
      .flatMap((language) => blocks(language, chapter))
      .flatMap((block) => block.trim().split('\n'));
    assert.ok(lines.length > 10);
    for (const line of lines) assert.ok(played.has(line), line);
  });
});

/** Without what differs from run to run: our request IDs. */
const settled = (output: string): string => output.replace(/[0-9a-f]{12}-[0-9a-z]{6}/g, '…');

/** Runs a session's commands in one shell and gives what a terminal would show. */
async function play(session: string, environment: Record<string, string> = {}): Promise<string> {
  const commands = session
    .split('\n')
    .filter((line) => line.startsWith('$ '))
    .map((line) => line.slice(2));
  // A prompt begins a line of its own, whether or not the output before it ended one.
  const shown = commands.map(
    (command) =>
      `printf '$ %s\\n' ${quoted(command)}\n${command} > "$out"; cat "$out"; [ -z "$(tail -c1 "$out")" ] || echo`,
  );
  const script = ['out=$(mktemp)', ...shown, 'rm "$out"'].join('\n');
  const env = { ...inheritedEnvironment(), ...environment };
  return (await promisify(execFile)('bash', ['-c', script], { cwd: ROOT, env })).stdout;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

describe("the README's session", () => {
  it('is what one sees', async () => {
    const wire = await startWire();
    try {
      const { contract } = wire.sandbox;
      const sessions = blocks('console').filter((session) => session.includes('curl'));
      assert.equal(sessions.length, 2);
      const session = sessions.join('');
      const here = session
        .replaceAll('http://127.0.0.1:8080', wire.bridge.url)
        .replaceAll('http://127.0.0.1:8081', contract.metadata);
      assert.equal(settled(await play(here)), settled(here));
    } finally {
      await wire.close();
    }
  });
  it('of `fedbridge check` is what it says', async () => {
    const [session = ''] = blocks('console').filter((text) => text.includes('fedbridge check'));
    const bin = `${ROOT}node_modules/.bin`;
    const environment = {
      PATH: `${bin}:${inheritedEnvironment()['PATH'] ?? ''}`,
      npm_config_loglevel: 'silent',
    };
    assert.equal(await play(session, environment), session);
  });
});
