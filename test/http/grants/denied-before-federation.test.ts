// Who may not is told nothing but that: not whether the bucket exists; and nobody is asked on its behalf.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Reply, RequestOptions } from '../../support/http-request.ts';
import { assertLogged } from '../../support/refused-token.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const QUESTIONS: readonly (readonly [
  what: string,
  pathIn: (bucket: string) => string,
  options?: RequestOptions,
])[] = [
  ['GET of an object', (bucket) => `/${bucket}/raw/public/orders.csv`],
  ['GET of a missing object', (bucket) => `/${bucket}/no/such/object`],
  ['GET of a part', (bucket) => `/${bucket}/raw/public/orders.csv`, { headers: { range: 'bytes=0-3' } }],
  ['GET as JSON', (bucket) => `/${bucket}/x`, { headers: { accept: 'application/json' } }],
  ['HEAD of an object', (bucket) => `/${bucket}/raw/public/orders.csv`, { method: 'HEAD' }],
  ['a list', (bucket) => `/${bucket}?list-type=2`],
  ['a list of a prefix', (bucket) => `/${bucket}?list-type=2&prefix=raw/public/&delimiter=/`],
  ['HEAD of the bucket', (bucket) => `/${bucket}`, { method: 'HEAD' }],
  ['the location', (bucket) => `/${bucket}?location`],
  ['an object by query', (bucket) => `/-/object?bucket=${bucket}&key=raw/public/orders.csv`],
  ['a list by query', (bucket) => `/-/objects?bucket=${bucket}&prefix=raw/public/`],
];

describe('a caller without a grant', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire();
    // So that what follows could be answered without fetching Google's keys.
    await wire.get('/-/whoami', { as: 'stranger' });
    await wire.forgetCalls();
  });
  after(() => wire.close());

  const withoutIds = ({ status, rawHeaders, text }: Reply): string =>
    JSON.stringify([status, rawHeaders, text])
      .replaceAll(/[0-9a-f]{12}-[0-9a-z]{6}/g, 'ID')
      .replace(/\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT/, 'DATE');

  for (const [what, pathIn, options] of QUESTIONS) {
    it(`is denied ${what}, in a bucket of ours as in one that there is not`, async () => {
      const ours = await wire.get(pathIn('acme-lake'), { ...options, as: 'stranger' });
      const none = await wire.get(pathIn('no-such-bucket'), { ...options, as: 'stranger' });
      assert.equal(ours.status, 403);
      assert.equal(ours.headers['x-fedbridge-error'], 'not_granted');
      assert.equal(withoutIds(ours), withoutIds(none));
      await assertLogged(wire, ours, 'not_granted');
      await assertLogged(wire, none, 'not_granted');
    });
  }

  it('is denied what lies outside its prefix as what is in no bucket', async () => {
    const outside = await wire.get('/acme-lake/raw/private/salaries.csv', { as: 'scoped' });
    const nowhere = await wire.get('/no-such-bucket/raw/private/salaries.csv', { as: 'scoped' });
    assert.equal(outside.status, 403);
    assert.equal(withoutIds(outside), withoutIds(nowhere));
  });

  it('has no bucket', async () => {
    const { status, text } = await wire.get('/', { as: 'stranger' });
    assert.equal(status, 200);
    assert.match(text, /<Buckets><\/Buckets>/);
    const self = JSON.parse((await wire.get('/-/whoami', { as: 'stranger' })).text) as { mayRead: unknown };
    assert.deepEqual(self.mayRead, []);
  });

  it('makes nobody ask the metadata server, STS or S3', async () => {
    for (const supplier of ['metadata', 'sts', 's3'] as const) {
      const asked = (await wire.calls(supplier)).filter(({ path }) => !isATestsOwn(String(path)));
      assert.deepEqual(asked, [], supplier);
    }
    assert.equal((await wire.get('/acme-lake/raw/public/orders.csv', { as: 'scoped' })).status, 200);
    assert.equal((await wire.calls('s3')).length, 1, 'as one that may does');
    assert.equal((await wire.calls('sts')).length, 1);
  });
});

/** The callers' tokens come from the metadata server too, by e-mail; the bridge asks for `default`. */
const isATestsOwn = (path: string): boolean => /\/service-accounts\/[^/]+@[^/]+\/identity/.test(path);
