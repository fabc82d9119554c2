// Every test that SECURITY.md names exists. For each threat, the page names a test or states that the bridge cannot prevent it.
// No table cell is empty.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');
const page = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8');

/** Matches the table text for threats without a test, which the bridge cannot prevent. */
const NO_DEFENSE = /^(?:The bridge cannot prevent this|Nothing)\.$/;

const [, section = ''] = /^## What an attacker could do\n(.*?)^## /ms.exec(page) ?? [];
const rows = section
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .slice(2)
  .map((line) => line.split('|').map((cell) => cell.trim()));

describe('each threat in SECURITY.md', () => {
  it('has a value in every column', () => {
    assert.ok(rows.length >= 15, String(rows.length));
    for (const row of rows) assert.equal(row.length, 7, row.join(' | '));
  });

  it('names tests that exist, unless the bridge has no defense against it', () => {
    for (const [, threat = '', , defense = '', tests = ''] of rows) {
      const names = [...tests.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
      assert.equal(names.length === 0, NO_DEFENSE.test(defense), threat);
      for (const name of names)
        assert.ok(
          ['test', 'slow'].some((size) => existsSync(join(ROOT, 'test', `${name}.${size}.ts`))),
          `${threat}: ${name}`,
        );
    }
  });
});
