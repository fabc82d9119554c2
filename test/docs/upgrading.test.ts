// Every new name in the upgrade guide exists in the program, and no old name does.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { FAULTS } from '../../src/errors/table.ts';
import { metricTable } from './metric-table.ts';

const ROOT = join(import.meta.dirname, '../..');
const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** @returns the old and the new name in each row of the table under this heading */
function renamesUnder(heading: string): (readonly [before: string, now: string])[] {
  const [, after = ''] = textOf('docs/upgrading.md').split(`### ${heading}\n`);
  const [section = ''] = after.split(/^##/m);
  return [...section.matchAll(/^\| `([\w.]+)`.* \| `([\w.]+)`/gm)].map(([, before = '', now = '']) => [
    before,
    now,
  ]);
}

describe('the upgrade guide', () => {
  it('maps each removed fault code to one that exists', () => {
    const renames = renamesUnder('Fault codes');
    assert.equal(renames.length, 20);
    for (const [before, now] of renames) {
      assert.ok(Object.hasOwn(FAULTS, now), now);
      assert.ok(!Object.hasOwn(FAULTS, before), before);
    }
  });

  it('maps each removed metric to one that exists', async () => {
    const metrics = await metricTable();
    const renames = renamesUnder('Metrics');
    assert.equal(renames.length, 4);
    for (const [before, now] of renames) {
      assert.ok(metrics.includes(`\`${now}\``), now);
      assert.ok(!metrics.includes(`\`${before}\``), before);
    }
  });
});

describe('the changelog', () => {
  const headings = [...textOf('CHANGELOG.md').matchAll(/^## (.*)$/gm)].map(([, heading = '']) => heading);

  it('follows the Keep a Changelog format', () => {
    const [first, ...versions] = headings;
    assert.equal(first, '[Unreleased]');
    for (const heading of versions)
      assert.match(heading, /^\[\d+\.\d+\.\d+\] - (?:\d{4}-\d\d-\d\d|not published)$/);
    for (const [, kind = ''] of textOf('CHANGELOG.md').matchAll(/^### (.*)$/gm))
      assert.ok(['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'].includes(kind), kind);
  });
});
