// Without a configuration file, environment variables configure one role, one bucket and its callers.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startWire } from '../../support/wire.ts';

it('a bridge configured only by environment variables serves its callers', async () => {
  const wire = await startWire({
    environment: ({ role, audience, bucket, callers }) => ({
      FEDBRIDGE_CONFIG: '',
      AWS_ROLE_ARN: role,
      FEDBRIDGE_AUDIENCE: audience,
      FEDBRIDGE_BUCKET: bucket,
      FEDBRIDGE_CALLERS: `${callers.reader},${callers.scoped}`,
      FEDBRIDGE_PREFIX: 'raw/public/',
    }),
  });
  try {
    assert.equal((await wire.get('/acme-lake/raw/public/orders.csv', { as: 'reader' })).status, 200);
    assert.equal((await wire.get('/acme-lake?list-type=2&prefix=raw/public/', { as: 'scoped' })).status, 200);
    assert.equal((await wire.get('/acme-lake/raw/private/salaries.csv', { as: 'reader' })).status, 403);
    assert.equal((await wire.get('/acme-lake/raw/public/orders.csv', { as: 'stranger' })).status, 403);
  } finally {
    await wire.close();
  }
});
