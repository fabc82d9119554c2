// What one request needs is garbage when its answer is out, and found to be: what outlives young memory is collected seldom and late.
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { startMeasuredWire } from '../../support/metrics.ts';
import type { MeasuredWire } from '../../support/metrics.ts';

const AT_ONCE = 32;
const REQUESTS = 4_096;
const PARTS = 8;
/** Code that is compiled meanwhile is in it. A request whose answer was held on to by what is long over left 4.6 KB, where 0.6 is usual. */
const MOST_BYTES_EACH = 2_000;

describe('a bridge under load', () => {
  let wire: MeasuredWire;
  before(async () => {
    wire = await startMeasuredWire({ ownProcess: true });
  });
  after(() => wire.close());

  const read = async (times: number): Promise<void> => {
    const token = await wire.token('reader');
    const { hostname, port } = new URL(wire.bridge.url);
    const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
    const headers = { authorization: `Bearer ${token}` };
    const one = async (): Promise<void> => {
      const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
      const path = '/acme-lake/raw/public/orders.csv';
      request({ hostname, port, path, headers, agent }, resolve).on('error', reject).end();
      const response = await promise;
      await response.resume().toArray();
      // A machine that is too slow for so many at once has some told to come back, which must leave no more behind.
      assert.ok(response.statusCode === 200 || response.statusCode === 503, String(response.statusCode));
    };
    const several = async (): Promise<void> => {
      for (let n = 0; n < times / AT_ONCE; n += 1) await one();
    };
    await Promise.all(Array.from({ length: AT_ONCE }, several));
    agent.destroy();
  };
  const oldBytes = (): Promise<number> => wire.metric('nodejs_heap_space_size_used_bytes{space="old"}');

  it('promotes next to nothing of a request to old memory', async () => {
    await read(REQUESTS / 2);
    let grown = 0;
    for (let part = 0; part < PARTS; part += 1) {
      const before = await oldBytes();
      assert.ok(before > 0, 'the metric is there');
      await read(REQUESTS / PARTS);
      // Where old memory was collected meanwhile, what was promoted before that is not counted.
      grown += Math.max(0, (await oldBytes()) - before);
    }
    const each = grown / REQUESTS;
    assert.ok(each < MOST_BYTES_EACH, `${Math.round(each)} bytes a request`);
  });
});
