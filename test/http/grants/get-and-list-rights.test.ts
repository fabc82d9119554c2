// Who may read objects may not therefore list them, and who may list may not therefore read.
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

  const ask = async (as: CallerName, path: string, method = 'GET'): Promise<readonly unknown[]> => {
    const { status, headers } = await wire.get(path, { as, method });
    return [status, headers['x-fedbridge-error']];
  };

  it('to get opens objects and no list', async () => {
    assert.deepEqual(await ask('reader', OBJECT), [200, undefined]);
    assert.deepEqual(await ask('reader', OBJECT, 'HEAD'), [200, undefined]);
    assert.deepEqual(await ask('reader', LIST), [403, 'not_granted']);
  });

  it('to list opens the list and no object', async () => {
    assert.deepEqual(await ask('scoped', LIST), [200, undefined]);
    assert.deepEqual(await ask('scoped', OBJECT), [403, 'not_granted']);
    assert.deepEqual(await ask('scoped', OBJECT, 'HEAD'), [403, 'not_granted']);
  });

  it('to list one prefix does not open what another opens to get, nor the reverse', async () => {
    assert.deepEqual(await ask('stranger', OBJECT), [200, undefined]);
    assert.deepEqual(await ask('stranger', '/acme-lake?list-type=2&prefix=curated/'), [200, undefined]);
    assert.deepEqual(await ask('stranger', LIST), [403, 'not_granted']);
    assert.deepEqual(await ask('stranger', '/acme-lake/curated/daily/summary.json'), [403, 'not_granted']);
  });

  it("of either kind opens what is known of the bucket without AWS's help", async () => {
    for (const as of ['reader', 'scoped', 'stranger'] as const) {
      assert.deepEqual(await ask(as, '/acme-lake', 'HEAD'), [200, undefined]);
      assert.deepEqual(await ask(as, '/acme-lake?location'), [200, undefined]);
    }
  });
});
