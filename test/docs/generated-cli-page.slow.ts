// docs/reference/cli.md shows every command's current help text.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderedCommands, textOf } from './render.ts';

test('docs/reference/cli.md is up to date', async () => {
  assert.equal(textOf('docs/reference/cli.md'), await renderedCommands(), 'Run `node test/docs/render.ts`.');
});
