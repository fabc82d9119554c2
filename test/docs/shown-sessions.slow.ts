// The terminal sessions in the README and the docs match the real output.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { inheritedEnvironment } from '../../src/config/load.ts';
import { startWire } from '../support/wire.ts';
import { blocks } from './markdown.ts';
import { textOf } from './render.ts';

const ROOT = new URL('../..', import.meta.url).pathname;

/** Replaces the bridge's request IDs, which differ from run to run. */
const settled = (output: string): string => output.replace(/[0-9a-f]{12}-[0-9a-z]{6}/g, '…');

/** Runs a session's commands in one shell and returns what a terminal would show. */
async function play(session: string, environment: Record<string, string> = {}): Promise<string> {
  const commands = session
    .split('\n')
    .filter((line) => line.startsWith('$ '))
    .map((line) => line.slice(2));
  // A prompt always starts on a new line, even if the output before it does not end with a line break.
  const shown = commands.map(
    (command) =>
      `printf '$ %s\\n' ${quoted(command)}\n${command} > "$out"; cat "$out"; [ -z "$(tail -c1 "$out")" ] || echo`,
  );
  const script = ['out=$(mktemp)', ...shown, 'rm "$out"'].join('\n');
  const env = { ...inheritedEnvironment(), ...environment };
  return (await promisify(execFile)('bash', ['-c', script], { cwd: ROOT, env })).stdout;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const TUTORIAL = 'docs/get-started/tutorial.md';
const hasBoto3 = spawnSync('python3', ['-c', 'import boto3']).status === 0;

describe('transcripts of sandbox sessions', () => {
  for (const [page, atLeast] of [
    ['README.md', 1],
    [TUTORIAL, 3],
  ] as const)
    it(`in ${page} match the real output`, async () => {
      const wire = await startWire();
      try {
        const sessions = blocks('console', textOf(page));
        assert.ok(sessions.length >= atLeast);
        const here = sessions
          .join('')
          .replaceAll('http://127.0.0.1:8080', wire.bridge.url)
          .replaceAll('http://127.0.0.1:8081', wire.sandbox.contract.metadata);
        assert.equal(settled(await play(here)), settled(here));
      } finally {
        await wire.close();
      }
    });

  it(
    "include the tutorial's program, which prints the output that the tutorial shows",
    { skip: !hasBoto3 && 'needs boto3' },
    async () => {
      const [, output = ''] = /The program prints:\n\n```text\n([^]*?)```/.exec(textOf(TUTORIAL)) ?? [];
      const [program = ''] = blocks('python', textOf(TUTORIAL));
      const wire = await startWire();
      try {
        const here = program.replaceAll('http://127.0.0.1:8080', wire.bridge.url);
        const env = { ...inheritedEnvironment(), TOKEN: await wire.token('reader') };
        const { stdout } = await promisify(execFile)('python3', ['-c', here], { env });
        assert.equal(stdout, output);
      } finally {
        await wire.close();
      }
    },
  );
});

describe('the session in docs/how-to/configure.md', () => {
  it('shows the real output of fedbridge check', async () => {
    const [session = ''] = blocks('console', textOf('docs/how-to/configure.md'));
    const environment = {
      PATH: `${ROOT}node_modules/.bin:${inheritedEnvironment()['PATH'] ?? ''}`,
      npm_config_loglevel: 'silent',
    };
    assert.equal(await play(session, environment), session);
  });
});
