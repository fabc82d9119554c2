// What comes from S3 in small pieces goes to the caller together, and yet whole, without waiting, and no faster than he takes it.
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
/** More than the kernel holds on both ways. */
const PIECES = Math.ceil((96 * MIB) / PIECE.length);
const LONG_ENOUGH_MS = 1_500;

describe('a body in small pieces', () => {
  let wire: StoodInWire;
  before(async () => {
    wire = await startStoodInWire();
  });
  after(() => wire.close());

  const open = async (): Promise<IncomingMessage> => {
    const headers = { authorization: `Bearer ${await wire.token('reader')}` };
    const asked = request(`${wire.bridge.url}/acme-lake/a`, { headers, agent: false }).end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    return response;
  };

  /** In chunks, or counted; as fast as the bridge takes it. */
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
    ['in chunks', {}],
    ['counted', { 'content-length': PIECES * PIECE.length }],
  ] as const) {
    it(`comes whole, and waits for a caller that waits, ${how}`, async () => {
      let sent = 0;
      wire.s3Answers((_request, response) =>
        sendAll(response, headers, () => {
          sent += 1;
        }),
      );
      const response = await open();
      await sleep(LONG_ENOUGH_MS);
      assert.ok(sent < PIECES, 'S3 could send all of it to a caller that takes nothing');
      const hash = createHash('sha256');
      for await (const chunk of response) hash.update(chunk as Buffer);
      const expected = createHash('sha256');
      for (let i = 0; i < PIECES; i += 1) expected.update(PIECE);
      assert.equal(hash.digest('hex'), expected.digest('hex'));
    });
  }

  it('has each piece come by itself where S3 waits for it', async () => {
    const steps = 20;
    let send = (): void => undefined;
    wire.s3Answers((_request, response) => {
      response.writeHead(200, { etag: '"1"', 'content-length': steps * PIECE.length });
      send = () => response.write(PIECE);
      send();
    });
    const response = await open();
    let come = 0;
    let due = PIECE.length;
    for await (const chunk of response) {
      come += (chunk as Buffer).length;
      if (come < due) continue;
      assert.equal(come, due);
      due += PIECE.length;
      if (come < steps * PIECE.length) send();
    }
    assert.equal(come, steps * PIECE.length);
  });
});
