// docs/operate/faults.md contains exactly the rows of the fault table that the tests check.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { FAULTS } from '../../src/errors/table.ts';
import { faultOf } from './expected.ts';
import { faultsPage } from './render.ts';
import { ROWS } from './rows.ts';

test('docs/operate/faults.md matches the table of faults', async () => {
  const page = await readFile(new URL('../../docs/operate/faults.md', import.meta.url), 'utf8');
  assert.equal(page, faultsPage(), 'write it with `node test/faults/render.ts`');
});

test('docs/operate/faults.md lists each fault code once, with its fix', () => {
  const page = faultsPage();
  for (const outcome of Object.values(ROWS).flatMap((row) => Object.values(row))) {
    const fault = faultOf(outcome);
    if (fault === undefined) continue;
    const told = page.split('\n').filter((line) => line.startsWith(`| \`${fault}\` |`));
    assert.equal(told.length, 1, fault);
    assert.ok(told[0]?.endsWith(` | ${FAULTS[fault].fix} |`), fault);
  }
});
