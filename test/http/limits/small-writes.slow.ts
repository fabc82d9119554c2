// Small chunks from S3 are combined before they are sent to the caller. No chunk is lost or delayed, and the bridge waits for a
// slow caller.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startStoodInWire } from '../../support/stand-in-wire.ts';
import type { StoodInWire } from '../../support/stand-in-wire.ts';

const MIB = 1024 * 1024;
const PIECE = randomBytes(9_000);
/** The number of chunks, which together exceed the kernel's send and receive buffers. */
const PIECES = Math.ceil((96 * MIB) / PIECE.length);
const LONG_ENOUGH_MS = 1_500;

describe('a body in small chunks', () => {
  let wire: StoodInWire;
  before(async () => {
    wire = await startStoodInWire();
  });
  after(() => wire.close());

  const open = async (): Promise<IncomingMessage> => {
    const headers = { authorization: `Bearer ${await wire.token('reader')}` };
    const sent = request(`${wire.bridge.url}/acme-lake/a`, { headers, agent: false }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return response;
  };

  /** Sends all chunks as fast as the bridge reads them. Uses chunked encoding unless `headers` contains a Content-Length. */
  const sendAll = async (
    response: ServerResponse,
    headers = {},
    onSent = (): void => undefined,
  ): Promise<void> => {
    response.writeHead(200, { etag: '"1"', ...headers });
    for (let i = 0; i < PIECES; i += 1) {
      if (!response.write(PIECE)) await once(response, 'drain');
      onSent();
    }
    response.end();
  };

  for (const [how, headers] of [
    ['with chunked encoding', {}],
    ['with Content-Length', { 'content-length': PIECES * PIECE.length }],
  ] as const) {
    it(`arrives in full, even if the caller is slow (${how})`, async () => {
      let sent = 0;
      wire.s3Answers((_request, response) =>
        sendAll(response, headers, () => {
          sent += 1;
        }),
      );
      const response = await open();
      await sleep(LONG_ENOUGH_MS);
      assert.ok(sent < PIECES, 'S3 cannot send everything to a caller that reads nothing');
      const hash = createHash('sha256');
      for await (const chunk of response) hash.update(chunk as Buffer);
      const expected = createHash('sha256');
      for (let i = 0; i < PIECES; i += 1) expected.update(PIECE);
      assert.equal(hash.digest('hex'), expected.digest('hex'));
    });
  }

  it('reaches the caller chunk by chunk if S3 pauses after each one', async () => {
    const steps = 20;
    let send = (): void => undefined;
    wire.s3Answers((_request, response) => {
      response.writeHead(200, { etag: '"1"', 'content-length': steps * PIECE.length });
      send = () => response.write(PIECE);
      send();
    });
    const response = await open();
    let received = 0;
    let due = PIECE.length;
    for await (const chunk of response) {
      received += (chunk as Buffer).length;
      if (received < due) continue;
      assert.equal(received, due);
      due += PIECE.length;
      if (received < steps * PIECE.length) send();
    }
    assert.equal(received, steps * PIECE.length);
  });
});
