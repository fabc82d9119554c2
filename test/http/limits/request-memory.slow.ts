// Per-request objects must not survive a minor collection, because objects in the old generation are collected rarely and late.
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { openSession, requestOver } from '../../support/http2-request.ts';
import { startMeasuredWire } from '../../support/metrics.ts';
import type { MeasuredWire } from '../../support/metrics.ts';

const AT_ONCE = 32;
const REQUESTS = 4_096;
const PARTS = 8;
/**
 * Each request usually promotes 0.6 KB to the old generation, including compiled code. When a bug kept finished responses in
 * memory, each request promoted 4.6 KB.
 */
const MOST_BYTES_EACH = 2_000;
/**
 * Node's own objects for an HTTP/2 stream are always promoted to the old generation. When a bug also kept the response in
 * memory, each stream promoted 5.4 KB.
 */
const MOST_BYTES_PER_STREAM = 2_500;
const PATH = '/acme-lake/raw/public/orders.csv';

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
      request({ hostname, port, path: PATH, headers, agent }, resolve).on('error', reject).end();
      const response = await promise;
      await response.resume().toArray();
      // On a slow machine some requests get 503. Such responses must not retain more memory than others.
      assert.ok(response.statusCode === 200 || response.statusCode === 503, String(response.statusCode));
    };
    const several = async (): Promise<void> => {
      for (let n = 0; n < times / AT_ONCE; n += 1) await one();
    };
    await Promise.all(Array.from({ length: AT_ONCE }, several));
    agent.destroy();
  };
  const oldBytes = (): Promise<number> => wire.metric('nodejs_heap_space_size_used_bytes{space="old"}');

  const readOverHttp2 = async (times: number): Promise<void> => {
    const headers = { authorization: `Bearer ${await wire.token('reader')}` };
    const session = openSession(wire.bridge.url);
    const several = async (): Promise<void> => {
      for (let n = 0; n < times / AT_ONCE; n += 1) {
        const { status } = await requestOver(session, PATH, { headers });
        assert.ok(status === 200 || status === 503, String(status));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, several));
    session.close();
  };
  const promotedBytes = async (readMany: (times: number) => Promise<void>): Promise<number> => {
    await readMany(REQUESTS / 2);
    let grown = 0;
    for (let part = 0; part < PARTS; part += 1) {
      const before = await oldBytes();
      assert.ok(before > 0, 'the metric exists');
      await readMany(REQUESTS / PARTS);
      // If the old generation is collected between two measurements, the difference is negative and counts as zero.
      grown += Math.max(0, (await oldBytes()) - before);
    }
    return grown / REQUESTS;
  };

  it('promotes almost no per-request objects to the old generation', async () => {
    const each = await promotedBytes(read);
    assert.ok(each < MOST_BYTES_EACH, `${Math.round(each)} bytes per request`);
  });

  it("promotes little more to the old generation than Node's own objects for each HTTP/2 stream", async () => {
    const each = await promotedBytes(readOverHttp2);
    assert.ok(each < MOST_BYTES_PER_STREAM, `${Math.round(each)} bytes per request`);
  });
});
