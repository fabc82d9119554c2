// Responses from the cache do not count against the egress budget, and are still sent when the budget is used up.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { configured, READER_MAY_ALL } from '../../support/configuration.ts';
import type { Reply } from '../../support/http-request.ts';
import { startMeasuredWire } from '../../support/metrics.ts';
import type { MeasuredWire } from '../../support/metrics.ts';
import { giveObject } from '../../support/object-at-s3.ts';
import type { AtS3 } from '../../support/object-at-s3.ts';
import { refuse, startStoodInWire } from '../../support/stand-in-wire.ts';

const [KEPT, BUDGET] = [100_000, 300_000];
const SETTINGS = `
cache: { memory: 32MiB }
budgets: [{ callers: [reader@acme-prod.iam.gserviceaccount.com], bytesPerDay: ${BUDGET}B }]`;
const OBJECT: AtS3 = {
  body: Buffer.alloc(KEPT, 'k'),
  headers: { 'last-modified': 'Sat, 01 Jan 2000 00:00:00 GMT', 'content-type': 'text/plain' },
};

describe('an object in the cache', () => {
  let wire: MeasuredWire;
  before(async () => {
    wire = await startMeasuredWire({
      config: configured({
        grants: [READER_MAY_ALL],
        more: SETTINGS,
      }),
    });
    await wire.put('kept.bin', Buffer.alloc(KEPT, 'k'));
    await wire.put('rest.bin', Buffer.alloc(BUDGET - KEPT, 'r'));
  });
  after(() => wire.close());

  const read = (key: string, headers = {}): Promise<Reply> =>
    wire.get(`/acme-lake/${key}`, { as: 'reader', headers });
  const remaining = async (): Promise<number> => {
    const { text } = await wire.get('/-/whoami', { as: 'reader' });
    const { egressBudget } = JSON.parse(text) as { egressBudget: { remainingBytes: number } };
    return egressBudget.remainingBytes;
  };

  it('counts against the egress budget only once, however often it is read', async () => {
    for (let i = 0; i < 5; i += 1) {
      const { status, body } = await read('kept.bin');
      assert.deepEqual([status, body.length], [200, KEPT]);
    }
    assert.equal(await remaining(), BUDGET - KEPT);
  });

  it('does not count against the egress budget when S3 confirms that it is unchanged', async () => {
    const { status, body } = await read('kept.bin', { 'cache-control': 'no-cache' });
    assert.deepEqual([status, body.length], [200, KEPT]);
    assert.equal(await remaining(), BUDGET - KEPT);
  });

  it('is still served when the egress budget is used up', async () => {
    assert.equal((await read('rest.bin', { 'cache-control': 'no-store' })).status, 200);
    assert.equal(await remaining(), 0);
    const { status, body } = await read('kept.bin');
    assert.deepEqual([status, body.length], [200, KEPT]);
    assert.equal(await remaining(), 0);
  });

  it('is not fetched again if it has changed and the egress budget is used up', async () => {
    await wire.put('kept.bin', Buffer.alloc(KEPT, 'n'));
    assert.equal((await read('kept.bin')).code, 'EgressBudgetExceeded');
    assert.equal(await remaining(), 0);
  });
});

it('the bridge revalidates a cached object with GET, not HEAD, even if little of the egress budget is left', async () => {
  const wire = await startStoodInWire({ more: SETTINGS });
  try {
    wire.s3Answers((request, response) => {
      giveObject(OBJECT, request, response);
    });
    assert.equal((await wire.read()).body.length, KEPT);
    // The caller has lost the right to read the bytes, but not the right to read the headers.
    wire.s3Answers((request, response) => {
      if (request.method === 'HEAD') response.writeHead(304, { etag: '"e1"', ...OBJECT.headers }).end();
      else refuse(response, 403, 'AccessDenied');
    });
    assert.equal((await wire.read()).code, 'AccessDenied');
  } finally {
    await wire.close();
  }
});
