// For every known kind of HTTP/2 flood, the bridge limits its effect or closes the connection. Other connections are still
// served.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import {
  END_HEADERS,
  END_STREAM,
  frame,
  get,
  headerBlock,
  rawHttp2,
  request,
  TYPES,
  uint32,
} from '../../support/raw-http2.ts';
import type { RawHttp2 } from '../../support/raw-http2.ts';
import { asAccount, openToProject } from '../../support/sessions-at-sts.ts';
import { until } from '../../support/until.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const ENHANCE_YOUR_CALM = 11;
const CANCEL = 8;
const REFUSED_STREAM = 7;
const ORDERS = '/acme-lake/raw/public/orders.csv';
/**
 * Twice the number of resets that session.ts allows in a burst. A flood takes longer on a slow machine, so the bridge then
 * allows more resets, and the flood must still exceed the limit.
 */
const RESETS = 2_000;
const MAX_STREAMS = 250;

const reset = (stream: number): Buffer => frame(TYPES.reset, 0, stream, uint32(CANCEL));
const streamIds = (count: number): number[] => Array.from({ length: count }, (_, i) => 2 * i + 1);

describe('an HTTP/2 client', () => {
  let wire: Wire;
  let authorization: Record<string, string>;
  before(async () => {
    wire = await startWire({ config: openToProject('limits: { perCaller: 1000 }') });
    authorization = asAccount(wire, 1);
  });
  after(() => wire.close());

  let linesBefore = 0;
  beforeEach(() => {
    linesBefore = wire.bridge.lines.length;
  });
  /** Resolves when the bridge has closed the connection, logged the reason and served a different connection. */
  const closedFor = async (client: RawHttp2, reason: RegExp): Promise<void> => {
    await client.closed();
    await until('it is logged', () =>
      wire.bridge.lines.slice(linesBefore).some(({ message }) => reason.test(String(message))),
    );
    assert.equal((await wire.get('/-/live')).status, 200);
  };

  it('that immediately resets all its requests loses its connection', async () => {
    const client = rawHttp2(wire.bridge.url);
    const block = get(ORDERS, authorization);
    for (const stream of streamIds(RESETS)) client.send(request(stream, block), reset(stream));
    // Both the bridge and nghttp2 count resets; either may close the connection first.
    await closedFor(client, /^closed an HTTP\/2 connection: /);
    const read = wire.bridge.lines.slice(linesBefore).filter(({ operation }) => operation === 'GetObject');
    assert.ok(read.length <= RESETS, `${read.length} requests were begun`);
    // The log shows that the bridge has aborted the read of each stream.
    assert.deepEqual(new Set(read.map(({ abortedBy }) => abortedBy)), new Set(['caller']));
  });

  it('that sends invalid frames to make the bridge reset its requests loses its connection', async () => {
    const client = rawHttp2(wire.bridge.url);
    // A body longer than its Content-Length is a stream error (RFC 9113, 8.1.1).
    const block = get(ORDERS, { ...authorization, 'content-length': '1' });
    const tooMuch = Buffer.alloc(5);
    for (const stream of streamIds(RESETS))
      client.send(frame(TYPES.headers, END_HEADERS, stream, block), frame(TYPES.data, 0, stream, tooMuch));
    await closedFor(client, /^closed an HTTP\/2 connection: /);
  });

  it('that sends headers in endless CONTINUATION frames loses its connection', async () => {
    const client = rawHttp2(wire.bridge.url);
    client.send(frame(TYPES.headers, END_STREAM, 1, get('/')));
    for (let i = 0; i < 100; i += 1)
      client.send(frame(TYPES.continuation, 0, 1, headerBlock([['x', 'y'.repeat(1_000)]])));
    await closedFor(client, /ERR_HTTP2_ERROR -\d+$/);
  });

  it('that sends headers above the size limit has its stream reset instead of receiving a response', async () => {
    const client = rawHttp2(wire.bridge.url);
    const half = 'y'.repeat(9_000);
    client.send(
      frame(TYPES.headers, END_STREAM, 1, get('/', { 'x-large': half })),
      frame(TYPES.continuation, END_HEADERS, 1, headerBlock([['x-large', half]])),
      request(3, get('/-/live')),
    );
    await until('both streams end', () => {
      const ended = client.frames.filter(
        ({ type, flags, stream }) => stream > 0 && (type === TYPES.reset || (flags & END_STREAM) !== 0),
      );
      return new Set(ended.map(({ stream }) => stream)).size === 2;
    });
    const rejected = client.frames.find(({ type, stream }) => type === TYPES.reset && stream === 1);
    assert.equal(rejected?.payload.readUInt32BE(), ENHANCE_YOUR_CALM);
    client.socket.destroy();
  });

  it('that expands a few bytes into many headers by repeating an indexed header gets no response', async () => {
    const client = rawHttp2(wire.bridge.url);
    // Adds the header to HPACK's dynamic table once (RFC 7541, 6.2.1), then refers to this entry 10,000 times, with one byte
    // for each reference.
    const value = 'y'.repeat(3_000);
    const [, ...literal] = headerBlock([['x', value]]);
    const bomb = Buffer.concat([get('/'), Buffer.from([0x40, ...literal]), Buffer.alloc(10_000, 0x80 | 62)]);
    client.send(request(1, bomb));
    await until('the stream or the connection ends', () =>
      client.frames.some(({ type }) => type === TYPES.reset || type === TYPES.goaway),
    );
    assert.ok(!client.frames.some(({ type }) => type === TYPES.headers), 'no response');
    client.socket.destroy();
  });

  it('that sends settings or pings faster than they can be acknowledged loses its connection', async () => {
    for (const flood of [frame(TYPES.ping, 0, 0, Buffer.alloc(8)), frame(TYPES.settings, 0, 0)]) {
      const client = rawHttp2(wire.bridge.url);
      const many = Buffer.concat(Array.from({ length: 10_000 }, () => flood));
      await until('it is closed', () => {
        client.send(many);
        return client.socket.destroyed || !client.socket.writable;
      });
      // NGHTTP2_ERR_FLOODED
      await closedFor(client, /ERR_HTTP2_ERROR -904$/);
      client.socket.destroy();
    }
  });

  it('that sends many empty frames loses its connection', async () => {
    await wire.fault({ upstream: 's3', path: 'orders.csv', fault: 'hang' });
    const client = rawHttp2(wire.bridge.url);
    const empty = Buffer.concat(Array.from({ length: 2_000 }, () => frame(TYPES.data, 0, 1)));
    client.send(frame(TYPES.headers, END_HEADERS, 1, get(ORDERS, authorization)), empty);
    await closedFor(client, /ERR_HTTP2_TOO_MANY_INVALID_FRAMES/);
    await wire.clearFaults();
  });

  it('that opens too many streams has the excess streams refused, and then loses its connection', async () => {
    await wire.fault({ upstream: 's3', path: 'orders.csv', fault: 'hang' });
    const client = rawHttp2(wire.bridge.url);
    const block = get(ORDERS, authorization);
    client.send(...streamIds(MAX_STREAMS + 10).map((stream) => request(stream, block)));
    await until('those above the limit are refused', () => {
      const refused = client.frames.filter(({ type }) => type === TYPES.reset);
      return (
        refused.length === 10 && refused.every(({ payload }) => payload.readUInt32BE() === REFUSED_STREAM)
      );
    });
    client.send(
      ...streamIds(MAX_STREAMS + 500)
        .slice(MAX_STREAMS + 10)
        .map((stream) => request(stream, block)),
    );
    await closedFor(client, /ERR_HTTP2_TOO_MANY_INVALID_FRAMES/);
    await wire.clearFaults();
  });
});
