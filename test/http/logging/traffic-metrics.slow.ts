// Requests and bytes are counted by bucket and by caller, with a bounded number of labels.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import manifest from '../../../package.json' with { type: 'json' };
import { emailOf } from '../../support/configuration.ts';
import { startMeasuredWire } from '../../support/metrics.ts';
import type { MeasuredWire } from '../../support/metrics.ts';
import { asAccount, openToProject } from '../../support/sessions-at-sts.ts';

const ORDERS = '/acme-lake/raw/public/orders.csv';

describe('the metrics by bucket and by caller', () => {
  let wire: MeasuredWire;
  before(async () => {
    wire = await startMeasuredWire();
  });
  after(() => wire.close());

  const READS = '{bucket="acme-lake",role="lake",operation="GetObject"}';

  it('count the bytes received from S3 and the bytes sent to callers', async () => {
    const { body } = await wire.get(ORDERS, { as: 'reader' });
    await wire.get(ORDERS, { as: 'reader' });
    const bytes = 2 * body.length;
    const caller = `{caller="${emailOf('reader')}"}`;
    for (const [name, labels] of [
      ['bucket', READS],
      ['caller', caller],
    ] as const) {
      assert.equal(await wire.metric(`fedbridge_${name}_requests_total${labels}`), 2);
      assert.equal(await wire.metric(`fedbridge_${name}_s3_bytes_total${labels}`), bytes);
      assert.equal(await wire.metric(`fedbridge_${name}_sent_bytes_total${labels}`), bytes);
    }
  });

  it('do not have labels from requests that no grant allows', async () => {
    assert.equal((await wire.get('/acme-unknown/a', { as: 'reader' })).status, 403);
    assert.equal((await wire.get(ORDERS, { as: 'stranger' })).status, 403);
    assert.equal((await wire.get('/', { as: 'stranger' })).status, 200);
    assert.equal((await wire.get(ORDERS)).status, 401);
    const text = await wire.metrics();
    assert.match(text, /^fedbridge_requests_total\{operation="GetObject",status="403"\} 2$/m);
    assert.doesNotMatch(text, /acme-unknown|stranger/);
  });

  it('contain the versions of the bridge and of Node', async () => {
    const version = `version="${manifest.version}",node_version="${process.versions.node}"`;
    assert.equal(await wire.metric(`fedbridge_build_info{${version}}`), 1);
  });
});

it('the metrics by caller count all callers after the first 1,000 together', async (test) => {
  const wire = await startMeasuredWire({ config: openToProject() });
  test.after(() => wire.close());
  // The bridge needs no AWS session for this request.
  const read = async (account: number): Promise<void> => {
    const { status } = await wire.get('/acme-lake?location', { headers: asAccount(wire, account) });
    assert.equal(status, 200);
  };
  for (let account = 0; account < 1_003; account += 1) await read(account);
  await read(1);
  const text = await wire.metrics();
  const series = [...text.matchAll(/^fedbridge_caller_requests_total\{caller="([^"]*)"\} (\d+)$/gm)];
  assert.equal(series.length, 1_001);
  assert.equal(series.find(([, caller]) => caller === 'other')?.[2], '3');
  assert.equal(series.filter(([, , count]) => count === '2').length, 1, 'an earlier caller is still counted');
});
