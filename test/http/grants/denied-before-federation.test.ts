// A denied caller cannot find out whether a bucket exists, and causes no call to AWS or to the metadata server.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Reply, RequestOptions } from '../../support/http-request.ts';
import { assertLogged } from '../../support/refused-token.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const REQUESTS: readonly (readonly [
  what: string,
  pathIn: (bucket: string) => string,
  options?: RequestOptions,
])[] = [
  ['GET of an object', (bucket) => `/${bucket}/raw/public/orders.csv`],
  ['GET of a missing object', (bucket) => `/${bucket}/no/such/object`],
  ['GET of a range', (bucket) => `/${bucket}/raw/public/orders.csv`, { headers: { range: 'bytes=0-3' } }],
  [
    'GET with Accept: application/json',
    (bucket) => `/${bucket}/x`,
    { headers: { accept: 'application/json' } },
  ],
  ['HEAD of an object', (bucket) => `/${bucket}/raw/public/orders.csv`, { method: 'HEAD' }],
  ['a listing', (bucket) => `/${bucket}?list-type=2`],
  ['a listing of a prefix', (bucket) => `/${bucket}?list-type=2&prefix=raw/public/&delimiter=/`],
  ['HEAD of the bucket', (bucket) => `/${bucket}`, { method: 'HEAD' }],
  ['the bucket location', (bucket) => `/${bucket}?location`],
  ['an object named in the query', (bucket) => `/-/object?bucket=${bucket}&key=raw/public/orders.csv`],
  ['a listing requested by query', (bucket) => `/-/objects?bucket=${bucket}&prefix=raw/public/`],
];

describe('a caller without a matching grant', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire();
    // Makes the bridge load Google's keys, so that it does not fetch them during the requests below.
    await wire.get('/-/whoami', { as: 'stranger' });
    await wire.forgetCalls();
  });
  after(() => wire.close());

  const withoutIds = ({ status, rawHeaders, text }: Reply): string =>
    JSON.stringify([status, rawHeaders, text])
      .replaceAll(/[0-9a-f]{12}-[0-9a-z]{6}/g, 'ID')
      .replace(/\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT/, 'DATE');

  for (const [what, pathIn, options] of REQUESTS) {
    it(`is denied ${what}, with the same response whether or not the bucket exists`, async () => {
      const existing = await wire.get(pathIn('acme-lake'), { ...options, as: 'stranger' });
      const missing = await wire.get(pathIn('no-such-bucket'), { ...options, as: 'stranger' });
      assert.equal(existing.status, 403);
      assert.equal(existing.headers['x-fedbridge-error'], 'not_granted');
      assert.equal(withoutIds(existing), withoutIds(missing));
      await assertLogged(wire, existing, 'not_granted');
      await assertLogged(wire, missing, 'not_granted');
    });
  }

  it('gets the same denial outside its prefix as for a missing bucket', async () => {
    const outside = await wire.get('/acme-lake/raw/private/salaries.csv', { as: 'scoped' });
    const missing = await wire.get('/no-such-bucket/raw/private/salaries.csv', { as: 'scoped' });
    assert.equal(outside.status, 403);
    assert.equal(withoutIds(outside), withoutIds(missing));
  });

  it('gets an empty list of buckets, and an empty mayRead from /-/whoami', async () => {
    const { status, text } = await wire.get('/', { as: 'stranger' });
    assert.equal(status, 200);
    assert.match(text, /<Buckets><\/Buckets>/);
    const whoami = JSON.parse((await wire.get('/-/whoami', { as: 'stranger' })).text) as { mayRead: unknown };
    assert.deepEqual(whoami.mayRead, []);
  });

  it('does not cause calls to the metadata server, STS or S3', async () => {
    for (const upstream of ['metadata', 'sts', 's3'] as const) {
      const calls = (await wire.calls(upstream)).filter(({ path }) => !isFromTest(String(path)));
      assert.deepEqual(calls, [], upstream);
    }
    assert.equal((await wire.get('/acme-lake/raw/public/orders.csv', { as: 'scoped' })).status, 200);
    assert.equal((await wire.calls('s3')).length, 1, 'a granted caller does reach S3');
    assert.equal((await wire.calls('sts')).length, 1);
  });
});

/** The tests get callers' tokens from the metadata server by email, but the bridge always requests the account `default`. */
const isFromTest = (path: string): boolean => /\/service-accounts\/[^/]+@[^/]+\/identity/.test(path);
