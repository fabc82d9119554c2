// The README's table of operations says what test runs saw, and nothing else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COLUMNS, OPERATIONS } from './operations.ts';
import { operationsTable } from './render.ts';

const row = (table: string, operation: string): string =>
  table.split('\n').find((line) => line.startsWith(`| ${operation} |`)) ?? '';

test('an operation that a client was seen to do is ticked, another of that client is not', () => {
  const table = operationsTable([
    { operation: 'GetObject', client: 'boto3' },
    { operation: 'GetObject', client: 'rclone' },
  ]);
  assert.equal(row(table, 'operation'), `| operation | ${COLUMNS.join(' | ')} |`);
  assert.equal(row(table, 'GetObject'), '| GetObject | – | – | – | ✓ | – |');
  assert.equal(row(table, 'HeadObject'), '| HeadObject | – | – | – | – | – |');
  assert.equal(table.split('\n').length, OPERATIONS.length + 3);
});

test('a column without results stays as it was, one with results does not', () => {
  const before = operationsTable([
    { operation: 'range', client: 'Ceph' },
    { operation: 'range', client: 'boto3' },
  ]);
  const after = operationsTable([{ operation: 'GetObject', client: 'boto3' }], before);
  assert.equal(row(after, 'range'), '| range | – | – | – | – | ✓ |');
  assert.equal(row(after, 'GetObject'), '| GetObject | – | – | – | ✓ | – |');
  assert.equal(operationsTable([], after), after);
});
