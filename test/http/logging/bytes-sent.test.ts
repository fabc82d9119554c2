// If a caller disconnects or stops reading, the log line counts the bytes that the caller's connection accepted, but not those
// that were still in the bridge's buffers.
import assert from 'node:assert/strict';
import { constants } from 'node:http2';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { LogLine } from '../../support/bridge-process.ts';
import { openSession, openStream } from '../../support/http2-request.ts';
import { giveObject } from '../../support/object-at-s3.ts';
import { startStoodInWire } from '../../support/stand-in-wire.ts';
import type { StoodInWire } from '../../support/stand-in-wire.ts';
import { until } from '../../support/until.ts';
import type { Respond } from '../../support/stand-in.ts';

/** More bytes than the kernel's buffers for one connection can hold. */
const SIZE = 32 * 1024 * 1024;
const BODY = Buffer.alloc(SIZE, 'y');

/** The bridge passes at most this many bytes to the kernel at once. The kernel may accept only a part of them, which does not count. */
const LARGEST_WRITE = 256 * 1024;

/** The initial flow-control window of an HTTP/2 stream (RFC 9113, 6.9.2). */
const WINDOW = 65_535;

const END_OF_HEAD = '\r\n\r\n';

/** The number of bytes of the object `leaves` that S3 has not sent yet. */
let leftToSend = SIZE;

/** Sends the object whole or, for two keys, in pieces that the bridge gathers into larger writes. */
const respond: Respond = (request, response) => {
  if (!/\/(?:gathered|leaves)$/.test(request.url ?? '')) {
    giveObject({ body: BODY }, request, response);
    return;
  }
  const piece = Buffer.alloc(4_096, 'y');
  response.writeHead(200, { etag: '"e1"', 'content-length': SIZE });
  const send = (left: number): void => {
    if (request.url?.endsWith('/leaves') === true) leftToSend = left;
    if (left === 0) response.end();
    else if (!response.destroyed) response.write(piece, () => setImmediate(send, left - piece.length));
  };
  send(SIZE);
};

describe('the log field bytesSent', { concurrency: true }, () => {
  let wire: StoodInWire;
  before(async () => {
    wire = await startStoodInWire({ more: 'limits: { stall: 1s }' });
    wire.s3Answers(respond);
  });
  after(() => wire.close());

  /** Sends a request over HTTP/1.1 and stops reading when the response begins. */
  const openUnread = async (key: string): Promise<{ readonly socket: Socket; body(): number }> => {
    const { hostname, port } = new URL(wire.bridge.url);
    const socket = connect(Number(port), hostname).on('error', () => undefined);
    const token = await wire.token('reader');
    socket.write(`GET /acme-lake/${key} HTTP/1.1\r\nHost: bridge\r\nAuthorization: Bearer ${token}\r\n\r\n`);
    const { promise, resolve } = Promise.withResolvers<undefined>();
    let [head, received] = ['', 0];
    socket.on('data', (chunk: Buffer) => {
      if (received === 0) head = chunk.toString('latin1');
      received += chunk.length;
      resolve(undefined);
    });
    await promise;
    socket.pause();
    return { socket, body: () => received - head.indexOf(END_OF_HEAD) - END_OF_HEAD.length };
  };

  const lineOf = (key: string): Promise<LogLine> => wire.bridge.line((line) => line['key'] === key);

  for (const how of ['whole', 'gathered']) {
    it(`matches what a stalled HTTP/1.1 caller can still read after the bridge has closed its response (${how} writes)`, async () => {
      const { socket, body } = await openUnread(how);
      const line = await lineOf(how);
      assert.equal(line['abortedBy'], 'stall');
      const ended = new Promise((resolve) => socket.once('close', resolve));
      socket.resume();
      await ended;
      const sent = Number(line['bytesSent']);
      assert.ok(sent > 0 && sent <= body() && sent > body() - LARGEST_WRITE, `${sent} of ${body()}`);
      assert.ok(Number(line['bytesFromS3']) > sent, 'the bridge had more bytes in its buffers');
      const { responseSize } = line['httpRequest'] as { readonly responseSize: string };
      assert.equal(responseSize, String(sent));
    });
  }

  it("does not count the bytes that were in the bridge's buffers when an HTTP/1.1 caller disconnected", async () => {
    const { socket, body } = await openUnread('leaves');
    // When S3 can send nothing more, the buffers of the kernel and of the bridge are full.
    let before = SIZE;
    await until('S3 waits for the bridge', () => {
      const waits = leftToSend < SIZE && leftToSend === before;
      before = leftToSend;
      return waits;
    });
    socket.destroy();
    const line = await lineOf('leaves');
    assert.equal(line['abortedBy'], 'caller');
    const sent = Number(line['bytesSent']);
    assert.ok(sent + LARGEST_WRITE > body() && sent < Number(line['bytesFromS3']), `${sent} of ${body()}`);
  });

  it('stays within the flow-control window if an HTTP/2 caller reads nothing and cancels its stream', async () => {
    const headers = { authorization: `Bearer ${await wire.token('reader')}` };
    const session = openSession(wire.bridge.url);
    const { stream, status } = await openStream(session, '/acme-lake/cancels', { headers });
    assert.equal(status, 200);
    let received = 0;
    await new Promise<void>((resolve) => {
      stream.on('data', (chunk: Buffer) => {
        received += chunk.length;
        stream.pause();
        resolve();
      });
    });
    // Waits for a round trip, so that the bridge has used up the window.
    await new Promise((resolve) => session.ping(resolve));
    stream.close(constants.NGHTTP2_CANCEL);
    const line = await lineOf('cancels');
    session.close();
    assert.deepEqual([line['abortedBy'], line['complete']], ['caller', false]);
    const sent = Number(line['bytesSent']);
    assert.ok(sent <= 2 * WINDOW && sent < Number(line['bytesFromS3']), `${sent}, received ${received}`);
  });
});
