// However a path is spelled, it cannot be used to read outside a granted prefix. Denied paths do not reach S3.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const TRAVERSALS = [
  '/acme-lake/raw/public/../private/salaries.csv',
  '/acme-lake/raw/public/%2e%2e/private/salaries.csv',
  '/acme-lake/raw/public/%2E%2E%2Fprivate/salaries.csv',
  '/acme-lake/raw/public/..%2fprivate%2fsalaries.csv',
  '/acme-lake/raw/public/%252e%252e/private/salaries.csv',
  '/acme-lake/raw/public/./../private/salaries.csv',
  '/acme-lake/raw/public//../../private/salaries.csv',
];
const OUTSIDE = [
  '/acme-lake/raw/private/salaries.csv',
  '/acme-lake//raw/public/orders.csv',
  '/acme-lake/./raw/public/orders.csv',
  '/acme-lake/raw%2fprivate/salaries.csv',
  '/acme-lake/raw/public',
  '/acme-lake/raw/public-too/x',
  '/acme-lake/RAW/public/orders.csv',
  '/acme-lake/raw\\public\\orders.csv',
];

describe('the path', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire();
  });
  after(() => wire.close());

  for (const path of OUTSIDE) {
    it(`${path} is outside raw/public/ and does not reach S3`, async () => {
      await wire.forgetCalls();
      const reply = await wire.get(path, { as: 'scoped' });
      assert.equal(reply.status, 403);
      assert.equal(reply.headers['x-fedbridge-error'], 'not_granted');
      assert.deepEqual(await wire.calls('s3'), []);
    });
  }
  for (const path of TRAVERSALS) {
    it(`${path} is a literal key below raw/public/`, async () => {
      const reply = await wire.get(path, { as: 'scoped' });
      assert.equal(reply.status, 404, 'no object has this literal key');
      assert.doesNotMatch(reply.text, /salary/i);
    });
  }
});
