// The table of operations shows exactly the results of test runs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COLUMNS, OPERATIONS } from './operations.ts';
import { operationsTable } from './render.ts';

const row = (table: string, operation: string): string =>
  table.split('\n').find((line) => line.startsWith(`| ${operation} |`)) ?? '';

test('the table of operations has check marks only for operations that a client has performed', () => {
  const table = operationsTable([
    { operation: 'GetObject', client: 'boto3' },
    { operation: 'GetObject', client: 'rclone' },
  ]);
  assert.equal(row(table, 'operation'), `| operation | ${COLUMNS.join(' | ')} |`);
  assert.equal(row(table, 'GetObject'), '| GetObject | – | – | – | ✓ | – |');
  assert.equal(row(table, 'HeadObject'), '| HeadObject | – | – | – | – | – |');
  assert.equal(table.split('\n').length, OPERATIONS.length + 3);
});

test('rendering the table of operations replaces a column if there are new results for it, and keeps it otherwise', () => {
  const before = operationsTable([
    { operation: 'range', client: 'Ceph' },
    { operation: 'range', client: 'boto3' },
  ]);
  const after = operationsTable([{ operation: 'GetObject', client: 'boto3' }], before);
  assert.equal(row(after, 'range'), '| range | – | – | – | – | ✓ |');
  assert.equal(row(after, 'GetObject'), '| GetObject | – | – | – | ✓ | – |');
  assert.equal(operationsTable([], after), after);
});
