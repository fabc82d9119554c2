// Checks that the handwritten parts of docs/ agree with the code.
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { S3_OUTCOMES } from '../../src/api/responses/s3-error.ts';
import { FAULTS } from '../../src/errors/table.ts';
import { blocks } from './markdown.ts';
import { textOf } from './render.ts';

/** @returns the rows of the table whose first column has this heading, without Markdown markup in the cells */
function table(page: string, heading: string): string[][] {
  const lines = textOf(page).split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${heading} |`));
  assert.notEqual(start, -1, `no table begins with ${heading}`);
  const end = lines.findIndex((line, i) => i > start && !line.startsWith('|'));
  return lines
    .slice(start + 2, end)
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim()));
}

const unquoted = (cell = ''): string => cell.replaceAll('`', '');

it('docs/reference/errors.md lists every outcome with its statuses', () => {
  const told = new Map(
    table('docs/reference/errors.md', '`x-fedbridge-error`').map(([outcome, statuses]) => [
      unquoted(outcome),
      statuses ?? '',
    ]),
  );
  const outcomes = [
    ...Object.values(FAULTS).map(({ outcome, status }) => [outcome, status] as const),
    ...S3_OUTCOMES,
  ];
  assert.deepEqual(new Set(told.keys()), new Set(outcomes.map(([outcome]) => outcome)));
  for (const [outcome, status] of outcomes)
    assert.ok(told.get(outcome)?.includes(String(status)), `${outcome} comes with ${status}`);
});

it('docs/how-to/configure.md shows deploy/example.yaml', () => {
  assert.equal(blocks('yaml', textOf('docs/how-to/configure.md'))[0], textOf('deploy/example.yaml'));
});

it('docs/README.md lists every page', () => {
  const docs = join(import.meta.dirname, '../../docs');
  const index = textOf('docs/README.md');
  const pages = globSync('**/*.md', { cwd: docs }).filter((page) => page !== 'README.md');
  assert.ok(pages.length > 25);
  assert.deepEqual(
    pages.filter((page) => !index.includes(`](${page})`)),
    [],
  );
});
