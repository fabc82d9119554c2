// SECURITY.md: the tests that it names exist, each threat has one or says why none, and it has no gaps in its tables.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');
const page = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8');

/** Threats against which only the operator can do anything. */
const NOTHING_OF_OURS = /^(?:Nothing of ours could|Nothing)\.$/;

const [, section = ''] = /^## What an attacker could do\n(.*?)^## /ms.exec(page) ?? [];
const rows = section
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .slice(2)
  .map((line) => line.split('|').map((cell) => cell.trim()));

describe('what SECURITY.md says of each threat', () => {
  it('has every column', () => {
    assert.ok(rows.length >= 15, String(rows.length));
    for (const row of rows) assert.equal(row.length, 7, row.join(' | '));
  });

  it('is held by tests that exist, unless nothing of ours stands against it', () => {
    for (const [, threat = '', , defence = '', tests = ''] of rows) {
      const names = [...tests.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
      assert.equal(names.length === 0, NOTHING_OF_OURS.test(defence), threat);
      for (const name of names)
        assert.ok(
          ['test', 'slow'].some((size) => existsSync(join(ROOT, 'test', `${name}.${size}.ts`))),
          `${threat}: ${name}`,
        );
    }
  });
});
