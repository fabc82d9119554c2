// The commands in docs/reference/sandbox.md that get a token of the emulated cluster work in a running sandbox.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { it } from 'node:test';
import { promisify } from 'node:util';
import { startWire } from '../support/wire.ts';
import { textOf } from './render.ts';

it('the commands in docs/reference/sandbox.md get a token of the emulated cluster, and the bridge accepts the token', async (test) => {
  const block = /^TOKEN=.*issuer-tokens.*\n.*$/m.exec(textOf('docs/reference/sandbox.md'))?.[0] ?? '';
  const wire = await startWire();
  test.after(() => wire.close());
  const commands = block
    .replace('127.0.0.1:8085', new URL(wire.sandbox.contract.control).host)
    .replace('127.0.0.1:8080', new URL(wire.bridge.url).host);
  const { stdout } = await promisify(execFile)('bash', ['-euc', commands]);
  assert.match(stdout, /"cluster:analytics\/etl"/);
});
