// A reload can add, replace or remove a bucket's CloudFront distribution. A distribution that was down or hung is tried again
// after half a minute.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { BUCKET, distributed, pathOf, REGION } from '../../support/distributed-wire.ts';
import { nginxLacks, startDistribution } from '../../support/distribution.ts';
import type { Distribution } from '../../support/distribution.ts';
import { startReloading } from '../../support/reloading.ts';
import type { ReloadingWire } from '../../support/reloading.ts';
import { startStandIn } from '../../support/stand-in.ts';

const OBJECT = `/${BUCKET}/raw/public/orders.csv`;
const STALL_MS = 1_000;

const lack = nginxLacks();
describe("a bucket's CloudFront distribution", { skip: lack ?? false }, () => {
  let wire: ReloadingWire;
  let first: Distribution;
  let second: Distribution;
  const without = (contract: Parameters<ReturnType<typeof distributed>>[0]): string =>
    distributed('')(contract).replace(', via: ""', '');
  const reload = async (via: string | undefined, options: Parameters<typeof distributed>[1] = {}) => {
    const config = via === undefined ? without : distributed(via, options);
    const line = await wire.reload(config(wire.sandbox.contract));
    assert.notEqual(line['severity'], 'ERROR', JSON.stringify(line));
  };
  /** @returns the status of a read, its path, and why it did not go through the distribution */
  const read = async (): Promise<readonly unknown[]> => {
    const reply = await wire.get(OBJECT, { as: 'reader' });
    const line = await wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);
    return [reply.status, pathOf(line), line['cloudFrontFallback']];
  };
  const counts = async (): Promise<readonly number[]> =>
    Promise.all([first, second].map(async (each) => (await each.requests()).length));

  before(async () => {
    wire = await startReloading(without);
    const origin = { behind: wire.sandbox.contract.s3, bucket: BUCKET, region: REGION };
    first = await startDistribution(origin);
    second = await startDistribution(origin);
  });
  after(async () => {
    await wire.close();
    await first.close();
    await second.close();
  });

  it('can be added, replaced and removed by a reload', async () => {
    assert.deepEqual(await read(), [200, undefined, undefined]);
    await reload(first.origin);
    assert.deepEqual(await read(), [200, 'cloudfront', undefined]);
    assert.deepEqual(await counts(), [1, 0]);
    await reload(second.origin);
    assert.deepEqual(await read(), [200, 'cloudfront', undefined]);
    assert.deepEqual(await counts(), [1, 1]);
    await reload(undefined);
    assert.deepEqual(await read(), [200, undefined, undefined]);
    assert.deepEqual(await counts(), [1, 1]);
  });

  it('that was down is tried again after half a minute', async () => {
    await reload(first.origin);
    await first.stop();
    assert.deepEqual(await read(), [200, undefined, 'unavailable']);
    await first.start();
    assert.deepEqual(await read(), [200, undefined, 'unavailable']);
    await wire.setClocks({ steadyAheadMs: 31_000 });
    assert.deepEqual(await read(), [200, 'cloudfront', undefined]);
    assert.deepEqual(await read(), [200, 'cloudfront', undefined]);
  });

  it('is tried by only one read at a time while it is down', async () => {
    const down = await startStandIn((request) => {
      request.socket.destroy();
    });
    await reload(down.origin);
    assert.deepEqual(await read(), [200, undefined, 'unavailable']);
    const before = down.connections();
    await wire.setClocks({ steadyAheadMs: 62_000 });
    const reads = await Promise.all([1, 2, 3, 4].map(read));
    assert.deepEqual(reads, Array(4).fill([200, undefined, 'unavailable']));
    assert.equal(down.connections(), before + 1);
    down.close();
  });

  it('that hangs makes one read fail, as a hanging S3 would, and is then no longer used', async () => {
    const hanging = await startStandIn(() => undefined);
    await reload(hanging.origin, { more: `limits: { stall: ${STALL_MS / 1000}s }` });
    assert.deepEqual(await read(), [503, undefined, undefined]);
    assert.deepEqual(await read(), [200, undefined, 'unavailable']);
    assert.equal(hanging.asked.length, 1);
    hanging.close();
  });

  it("is used even if the configured region is wrong, once the bridge has learned the bucket's real region", async () => {
    await reload(second.origin, { region: 'us-east-2' });
    assert.deepEqual(await read(), [200, undefined, 'signature']);
    const line = await wire.bridge.line(({ region, remedy }) => region === REGION && remedy !== undefined);
    assert.match(String(line['remedy']), /region to eu-west-1/);
    assert.deepEqual(await read(), [200, 'cloudfront', undefined]);
  });

  it('is bypassed by a read that has to renew its credentials, and is used again afterward', async () => {
    await reload(second.origin);
    assert.deepEqual(await read(), [200, 'cloudfront', undefined]);
    await wire.fault({ upstream: 's3', fault: 'error', code: 'ExpiredToken', path: 'orders', times: 2 });
    await wire.forgetCalls();
    assert.deepEqual(await read(), [200, undefined, undefined]);
    assert.equal((await wire.calls('sts')).length, 1);
    assert.deepEqual(await read(), [200, 'cloudfront', undefined]);
  });
});
