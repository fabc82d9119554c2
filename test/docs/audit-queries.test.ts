// The SQL queries in docs/operate/who-read-what.md name only fields that the bridge's log lines have, and select the right lines.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { LogLine } from '../support/bridge-process.ts';
import { configured, emailOf } from '../support/configuration.ts';
import { startReloading } from '../support/reloading.ts';
import type { ReloadingWire } from '../support/reloading.ts';
import { VEND_PATH } from '../support/vended.ts';
import { blocks } from './markdown.ts';
import { textOf } from './render.ts';

const ALL = blocks('sql', textOf('docs/operate/who-read-what.md'));
const OF_BRIDGE = ALL.filter((sql) => sql.includes('json_payload'));

/** @returns the paths of all fields in a log line, such as `s3.code` */
const pathsIn = (sql: string): string[] =>
  [...sql.matchAll(/\bjson_payload\.([\w.]+)/g)].map(([, path = '']) => path);

const fieldOf = (line: LogLine, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (inner, name) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, name) : undefined),
      line,
    );

/**
 * @returns whether the line meets the query's conditions that compare a field with a literal or with NULL; the condition on
 * the bucket is ignored
 */
function isSelected(line: LogLine, sql: string): boolean {
  const conditions = sql.matchAll(/AND JSON_VALUE\(json_payload\.([\w.]+)\) (?:= '([^']*)'|IS (NOT )?NULL)/g);
  return [...conditions].every(([, path = '', literal, not]) => {
    const value = fieldOf(line, path);
    if (path === 'bucket') return true;
    if (literal === undefined) return (value === undefined) === (not === undefined);
    return String(value) === literal;
  });
}

const CONFIG = configured({
  buckets: { 'acme-lake': 'role: lake', 'lake-alias': 'role: lake, target: acme-lake' },
  grants: [
    `callers: [${emailOf('reader')}], allow: [get, list], bucket: acme-lake`,
    `callers: [${emailOf('reader')}], allow: [get, vend], bucket: acme-lake, prefix: raw/public/`,
    `callers: [${emailOf('reader')}], allow: [get], bucket: lake-alias`,
  ],
});

describe('the queries in docs/operate/who-read-what.md', () => {
  let wire: ReloadingWire;
  before(async () => {
    wire = await startReloading(CONFIG);
    const replies = [
      await wire.get('/acme-lake/raw/public/orders.csv', { as: 'reader' }),
      await wire.get('/lake-alias/raw/public/orders.csv', { as: 'reader' }),
      await wire.get('/acme-lake?list-type=2&prefix=raw/', { as: 'reader' }),
      await wire.get('/acme-lake/raw/private/salaries.csv', { as: 'stranger' }),
      await wire.get(VEND_PATH, { as: 'reader' }),
    ];
    await wire.fault({ upstream: 's3', fault: 'error', code: 'AccessDenied', times: 2 });
    replies.push(await wire.get('/acme-lake/raw/public/orders.csv', { as: 'reader' }));
    assert.deepEqual(
      replies.map(({ status }) => status),
      [200, 200, 200, 403, 200, 403],
    );
    for (const { headers } of replies)
      await wire.bridge.line(
        ({ requestId, status }) => requestId === headers['x-request-id'] && status !== undefined,
      );
    await wire.reload(CONFIG(wire.sandbox.contract));
    await wire.reload('grants: []');
  });
  after(() => wire.close());

  it('name only fields that real log lines have', () => {
    const named = new Set(OF_BRIDGE.flatMap(pathsIn));
    for (const path of ['granted', 'reason', 'grantIndexes', 'issuer', 'target', 'event', 'expiresAt'])
      assert.ok(named.has(path), path);
    assert.deepEqual(
      [...named].filter((path) => !wire.bridge.lines.some((line) => fieldOf(line, path) !== undefined)),
      [],
    );
  });
  for (const sql of OF_BRIDGE) {
    const conditions = sql.slice(sql.indexOf('INTERVAL 7 DAY)') + 15, sql.search(/GROUP BY|ORDER BY/));
    it(`select a log line that has every field that the query reads: ${conditions.trim().replace(/\s+/g, ' ')}`, () => {
      const selected = wire.bridge.lines.filter((line) => isSelected(line, sql));
      assert.ok(selected.length > 0);
      assert.deepEqual(
        pathsIn(sql).filter(
          (path) =>
            !sql.includes(`json_payload.${path}) IS NULL`) &&
            !selected.some((line) => fieldOf(line, path) !== undefined),
        ),
        [],
      );
    });
  }
  it('count each request once', () => {
    const [byCaller = ''] = OF_BRIDGE;
    const ids = wire.bridge.lines
      .filter((line) => isSelected(line, byCaller))
      .map(({ requestId }) => requestId);
    assert.equal(new Set(ids).size, ids.length);
  });
  it('are marked as not run, and have balanced parentheses', () => {
    assert.ok(OF_BRIDGE.length >= 6 && ALL.length > OF_BRIDGE.length);
    for (const sql of ALL) {
      assert.match(sql, /^-- not run here: /);
      assert.equal(sql.split('(').length, sql.split(')').length, sql);
    }
  });
});
