// Each HTTP/2 stream is a separate request: it counts toward the limits, and its end affects no other stream.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:http2';
import type { ClientHttp2Stream } from 'node:http2';
import { after, before, describe, it } from 'node:test';
import { openSession, openStream, requestOver } from '../../support/http2-request.ts';
import { get, rawHttp2, request, TYPES } from '../../support/raw-http2.ts';
import { asAccount, openToProject, READABLE } from '../../support/sessions-at-sts.ts';
import { until } from '../../support/until.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const SIZE = 8_000_000;
const PATH = '/acme-lake/held.bin';
const [PER_CALLER, IN_FLIGHT] = [2, 4];

describe("an HTTP/2 session's streams", () => {
  let wire: Wire;
  const body = randomBytes(SIZE);
  before(async () => {
    wire = await startWire({
      config: openToProject(`limits: { inFlight: ${IN_FLIGHT}, perCaller: ${PER_CALLER}, stall: 1h }`),
    });
    await wire.put('held.bin', body);
  });
  after(() => wire.close());

  const hold = (): Promise<void> =>
    wire.fault({ upstream: 's3', path: 'held.bin', fault: 'hold', after: SIZE / 2 });
  const digestOf = async (stream: ClientHttp2Stream): Promise<string> => {
    const digest = createHash('sha256');
    for await (const chunk of stream) digest.update(chunk as Buffer);
    return digest.digest('hex');
  };
  const whole = createHash('sha256').update(body).digest('hex');

  it('each count toward the limits on requests in flight', async () => {
    await hold();
    const session = openSession(wire.bridge.url);
    const open = async (caller: number): Promise<ClientHttp2Stream> =>
      (await openStream(session, PATH, { headers: asAccount(wire, caller) })).stream;
    const streams = [await open(1), await open(1)];
    const read = (caller: number) => requestOver(session, READABLE, { headers: asAccount(wire, caller) });
    for (const [caller, limit] of [
      [1, 'perCaller'],
      [3, 'inFlight'],
    ] as const) {
      if (limit === 'inFlight') streams.push(await open(2), await open(2));
      const reply = await read(caller);
      assert.deepEqual([reply.status, reply.code], [503, 'SlowDown'], limit);
      const line = await wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);
      assert.equal((line['cause'] as { limit: string }).limit, limit);
    }
    assert.equal((await requestOver(session, '/-/live')).status, 200);
    await wire.clearFaults();
    assert.deepEqual(new Set(await Promise.all(streams.map(digestOf))), new Set([whole]));
    assert.equal((await read(1)).status, 200);
    session.close();
  });

  it("can be canceled individually, which ends only the canceled stream's S3 read", async () => {
    const session = openSession(wire.bridge.url);
    const headers = asAccount(wire, 1);
    const staying = await openStream(session, PATH, { headers });
    const leaving = await openStream(session, PATH, { headers });
    const digest = digestOf(staying.stream);
    leaving.stream.once('data', () => {
      leaving.stream.close(constants.NGHTTP2_CANCEL);
    });
    const line = await wire.bridge.line(({ abortedBy }) => abortedBy === 'caller');
    assert.ok(Number(line['bytesSent']) < SIZE, 'the bridge stopped reading');
    assert.notEqual(line['severity'], 'ERROR');
    assert.equal(await digest, whole);
    session.close();
  });

  it('are canceled when the client closes the connection, even while S3 sends nothing', async () => {
    await wire.put('waiting.bin', body);
    await wire.fault({ upstream: 's3', path: 'waiting.bin', fault: 'hold', after: SIZE / 2 });
    const session = openSession(wire.bridge.url);
    const { stream } = await openStream(session, '/acme-lake/waiting.bin', { headers: asAccount(wire, 3) });
    stream.resume();
    session.destroy();
    const line = await wire.bridge.line(({ key }) => key === 'waiting.bin');
    assert.equal(line['abortedBy'], 'caller');
    await wire.clearFaults();
  });

  it('are reset if S3 ends the body early', async () => {
    await wire.fault({ upstream: 's3', path: 'held.bin', fault: 'cut', after: SIZE / 8 });
    const session = openSession(wire.bridge.url);
    const { stream } = await openStream(session, PATH, { headers: asAccount(wire, 1) });
    stream.resume();
    await until('the stream closes', () => stream.closed);
    assert.equal(stream.rstCode, constants.NGHTTP2_INTERNAL_ERROR);
    await wire.bridge.line(({ abortedBy }) => abortedBy === 's3');
    await wire.clearFaults();
    assert.equal((await requestOver(session, '/-/live')).status, 200, 'the session stays');
    session.close();
  });

  it('apply backpressure individually, so that an unread stream pauses only its own S3 read', async () => {
    const session = openSession(wire.bridge.url);
    const headers = asAccount(wire, 1);
    const unread = await openStream(session, PATH, { headers });
    unread.stream.pause();
    const { body: received } = await requestOver(session, PATH, { headers });
    assert.equal(received.length, SIZE);
    unread.stream.close(constants.NGHTTP2_CANCEL);
    const lines = () =>
      wire.bridge.lines.filter(({ abortedBy, key }) => abortedBy === 'caller' && key === 'held.bin');
    await until('the unread one is logged', () => lines().length === 2);
    assert.ok(Number(lines()[1]?.['bytesSent']) < SIZE / 2, 'the bridge read ahead only a little');
    session.close();
  });

  it('send a small body in the same write as its headers', async () => {
    const client = rawHttp2(wire.bridge.url);
    await until('the connection is up', () => client.frames.some(({ type }) => type === TYPES.settings));
    // The types of the response's frames, by the chunk in which they arrived.
    const chunks: number[][] = [];
    let seen = client.frames.length;
    client.socket.on('data', () => {
      const types = client.frames.slice(seen).map(({ type }) => type);
      seen = client.frames.length;
      chunks.push(types.filter((type) => type === TYPES.headers || type === TYPES.data));
    });
    client.send(request(1, get(READABLE, asAccount(wire, 1))));
    await until('the body arrives', () => chunks.flat().includes(TYPES.data));
    assert.deepEqual(
      chunks.filter((types) => types.length > 0),
      [[TYPES.headers, TYPES.data]],
    );
    client.socket.destroy();
  });
});
