// No spelling of a path reads outside a granted prefix, nor reaches S3 at all.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const OUTSIDE = [
  '/acme-lake/raw/public/../private/salaries.csv',
  '/acme-lake/raw/public/%2e%2e/private/salaries.csv',
  '/acme-lake/raw/public/%2E%2E%2Fprivate/salaries.csv',
  '/acme-lake/raw/public/..%2fprivate%2fsalaries.csv',
  '/acme-lake/raw/public/%252e%252e/private/salaries.csv',
  '/acme-lake/raw/public/./../private/salaries.csv',
  '/acme-lake/raw/public//../../private/salaries.csv',
];
const NOT_BELOW = [
  '/acme-lake/raw/private/salaries.csv',
  '/acme-lake//raw/public/orders.csv',
  '/acme-lake/./raw/public/orders.csv',
  '/acme-lake/raw%2fprivate/salaries.csv',
  '/acme-lake/raw/public',
  '/acme-lake/raw/public-too/x',
  '/acme-lake/RAW/public/orders.csv',
  '/acme-lake/raw\\public\\orders.csv',
];

describe('a path', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire();
  });
  after(() => wire.close());

  for (const path of NOT_BELOW) {
    it(`${path} is not below raw/public/`, async () => {
      await wire.forgetCalls();
      const reply = await wire.get(path, { as: 'scoped' });
      assert.equal(reply.status, 403);
      assert.equal(reply.headers['x-fedbridge-error'], 'not_granted');
      assert.deepEqual(await wire.calls('s3'), []);
    });
  }
  for (const path of OUTSIDE) {
    it(`${path} is a key below raw/public/ and nothing else`, async () => {
      const reply = await wire.get(path, { as: 'scoped' });
      assert.equal(reply.status, 404, 'the key with those characters does not exist');
      assert.doesNotMatch(reply.text, /salary/i);
    });
  }
});
