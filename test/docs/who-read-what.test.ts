// docs/operate/who-read-what.md: the SQL for the bridge's log names only fields of real log lines.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startWire } from '../support/wire.ts';
import { blocks } from './markdown.ts';
import { textOf } from './render.ts';

const PAGE = textOf('docs/operate/who-read-what.md');

/** The paths of fields, such as `s3.code`, in the queries. */
const named = new Set(
  blocks('sql', PAGE).flatMap((sql) =>
    [...sql.matchAll(/\bjson_payload\.([\w.]+)/g)].map(([, path = '']) => path),
  ),
);

const has = (line: unknown, path: string): boolean =>
  path
    .split('.')
    .reduce<unknown>(
      (inner, name) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, name) : undefined),
      line,
    ) !== undefined;

it('the queries of "Who read what" name only fields that real log lines have', async () => {
  assert.ok(named.size >= 10);
  const wire = await startWire();
  try {
    const replies = [
      await wire.get('/acme-lake/raw/public/orders.csv', { as: 'reader' }),
      await wire.get('/acme-lake?list-type=2&prefix=raw/', { as: 'reader' }),
      await wire.get('/acme-lake/raw/private/salaries.csv', { as: 'scoped' }),
    ];
    await wire.fault({ upstream: 's3', fault: 'error', code: 'AccessDenied', times: 2 });
    replies.push(await wire.get('/acme-lake/raw/public/orders.csv', { as: 'reader' }));
    const lines = await Promise.all(
      replies.map(({ headers }) =>
        wire.bridge.line(({ requestId }) => requestId === headers['x-request-id']),
      ),
    );
    assert.deepEqual(
      [...named].filter((path) => !lines.some((line) => has(line, path))),
      [],
    );
  } finally {
    await wire.close();
  }
});

it('every query of "Who read what" is marked as not run, and its parentheses match', () => {
  const all = blocks('sql', PAGE);
  assert.ok(all.length >= 5);
  for (const sql of all) {
    assert.match(sql, /^-- not run here: /);
    assert.equal(sql.split('(').length, sql.split(')').length, sql);
  }
});
