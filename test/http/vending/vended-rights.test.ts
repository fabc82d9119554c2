// Vended credentials allow exactly what the caller's grants with `vend` allow, even if the bridge, the role or a bucket policy
// allows more.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Direct } from '../../support/direct-s3.ts';
import { READABLE } from '../../support/sessions-at-sts.ts';
import { credentialsIn, vendedTo, VEND_PATH, VENDING } from '../../support/vended.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

/** Requests that the caller may make through the bridge, or that only the role may make, but that no grant with `vend` allows. */
const BEYOND: readonly (readonly [method: string, path: string])[] = [
  ['GET', '/acme-lake/raw/private/salaries.csv'],
  ['GET', '/acme-lake/raw/private/absent'],
  ['GET', '/acme-lake/raw/public'],
  ['GET', '/acme-lake?list-type=2'],
  ['GET', '/acme-lake?list-type=2&prefix=raw/'],
  ['GET', '/acme-lake?versions&prefix=raw/public/'],
  ['GET', `${READABLE}?versionId=null`],
  ['GET', `${READABLE}?tagging`],
  ['PUT', '/acme-lake/raw/public/new'],
  ['DELETE', READABLE],
];

describe('vended credentials', () => {
  let wire: Wire;
  let direct: Direct;
  before(async () => {
    wire = await startWire({ config: VENDING });
    direct = await vendedTo(wire, 'reader');
  });
  after(() => wire.close());

  it('are returned in the format of container credentials, with Cache-Control: no-store', async () => {
    const reply = await wire.get(VEND_PATH, { as: 'reader' });
    const issued = credentialsIn(reply);
    assert.deepEqual(Object.keys(issued), ['AccessKeyId', 'SecretAccessKey', 'Token', 'Expiration']);
    assert.match(issued.Expiration, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.equal(reply.headers['cache-control'], 'no-store');
    assert.equal(reply.headers['content-type'], 'application/json');
  });

  it('can read and list objects below the granted prefix, directly in S3', async () => {
    const object = await direct('GET', READABLE);
    assert.equal(object.status, 200);
    assert.deepEqual(object.body, (await wire.get(READABLE, { as: 'reader' })).body);
    const list = await direct('GET', '/acme-lake?list-type=2&prefix=raw/public/');
    assert.match(list.text, /<Key>raw\/public\/orders\.csv<\/Key>/);
    assert.equal((await direct('GET', '/acme-lake/raw/public/absent')).status, 404);
  });

  for (const [method, path] of BEYOND)
    it(`cannot ${method} ${path}`, async () => {
      assert.equal((await direct(method, path)).status, 403);
    });

  it('do not allow anything more if a bucket policy allows the role everything', async (test) => {
    const setPolicy = (policy: object | null): Promise<unknown> =>
      wire.control('PUT', '/bucket-policy', { bucket: 'acme-lake', policy });
    test.after(() => setPolicy(null));
    const Resource = ['arn:aws:s3:::acme-lake', 'arn:aws:s3:::acme-lake/*'];
    const Condition = { ArnEquals: { 'aws:PrincipalArn': wire.sandbox.contract.role } };
    const Statement = { Effect: 'Allow', Principal: '*', Action: 's3:*', Resource, Condition };
    await setPolicy({ Version: '2012-10-17', Statement });
    assert.equal((await direct('GET', READABLE)).status, 200);
    for (const [method, path] of BEYOND) assert.equal((await direct(method, path)).status, 403, path);
  });

  it("do not narrow the caller's reads through the bridge", async () => {
    assert.equal((await wire.get('/acme-lake/raw/private/salaries.csv', { as: 'reader' })).status, 200);
    assert.equal((await wire.get(`${READABLE}?tagging`, { as: 'reader' })).status, 200);
  });
});
