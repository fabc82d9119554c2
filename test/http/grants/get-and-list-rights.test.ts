// The right to read objects does not include the right to list them, and vice versa.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startWire } from '../../support/wire.ts';
import type { CallerName, Wire } from '../../support/wire.ts';

const OBJECT = '/acme-lake/raw/public/orders.csv';
const LIST = '/acme-lake?list-type=2&prefix=raw/public/';

describe('a grant', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({
      config: ({ audience, role, callers }) => `
audience: ${audience}
aws: { region: eu-west-1 }
roles: { lake: { arn: "${role}" } }
buckets: { acme-lake: { role: lake } }
grants:
  - { callers: [${callers.reader}], allow: [get], bucket: acme-lake, prefix: raw/ }
  - { callers: [${callers.scoped}], allow: [list], bucket: acme-lake, prefix: raw/ }
  - { callers: [${callers.stranger}], allow: [get], bucket: acme-lake, prefix: raw/public/ }
  - { callers: [${callers.stranger}], allow: [list], bucket: acme-lake, prefix: curated/ }
`,
    });
  });
  after(() => wire.close());

  const outcomeOf = async (as: CallerName, path: string, method = 'GET'): Promise<readonly unknown[]> => {
    const { status, headers } = await wire.get(path, { as, method });
    return [status, headers['x-fedbridge-error']];
  };

  it('of `get` allows reading objects but not listing them', async () => {
    assert.deepEqual(await outcomeOf('reader', OBJECT), [200, undefined]);
    assert.deepEqual(await outcomeOf('reader', OBJECT, 'HEAD'), [200, undefined]);
    assert.deepEqual(await outcomeOf('reader', LIST), [403, 'not_granted']);
  });

  it('of `list` allows listing objects but not reading them', async () => {
    assert.deepEqual(await outcomeOf('scoped', LIST), [200, undefined]);
    assert.deepEqual(await outcomeOf('scoped', OBJECT), [403, 'not_granted']);
    assert.deepEqual(await outcomeOf('scoped', OBJECT, 'HEAD'), [403, 'not_granted']);
  });

  it('of `get` on one prefix does not combine with a grant of `list` on another prefix', async () => {
    assert.deepEqual(await outcomeOf('stranger', OBJECT), [200, undefined]);
    assert.deepEqual(await outcomeOf('stranger', '/acme-lake?list-type=2&prefix=curated/'), [200, undefined]);
    assert.deepEqual(await outcomeOf('stranger', LIST), [403, 'not_granted']);
    assert.deepEqual(await outcomeOf('stranger', '/acme-lake/curated/daily/summary.json'), [
      403,
      'not_granted',
    ]);
  });

  it('of either `get` or `list` allows HEAD and GetBucketLocation on the bucket', async () => {
    for (const as of ['reader', 'scoped', 'stranger'] as const) {
      assert.deepEqual(await outcomeOf(as, '/acme-lake', 'HEAD'), [200, undefined]);
      assert.deepEqual(await outcomeOf(as, '/acme-lake?location'), [200, undefined]);
    }
  });
});
