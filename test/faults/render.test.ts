// The page says of each supplier and fault what the tests play, and nothing else.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { FAULTS } from '../../src/errors/table.ts';
import { faultOf } from './expected.ts';
import { faultsPage } from './render.ts';
import { ROWS } from './rows.ts';

test('docs/faults.md is what the table makes', async () => {
  const page = await readFile(new URL('../../docs/faults.md', import.meta.url), 'utf8');
  assert.equal(page, faultsPage(), 'write it with `node test/faults/render.ts`');
});

test('each fault of the rows is told once with its remedy', () => {
  const page = faultsPage();
  for (const outcome of Object.values(ROWS).flatMap((row) => Object.values(row))) {
    const fault = faultOf(outcome);
    if (fault === undefined) continue;
    const told = page.split('\n').filter((line) => line.startsWith(`| \`${fault}\` |`));
    assert.equal(told.length, 1, fault);
    assert.ok(told[0]?.endsWith(` | ${FAULTS[fault].fix} |`), fault);
  }
});
