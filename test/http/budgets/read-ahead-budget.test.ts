// Bytes that were read ahead and then discarded count against the egress budget, because AWS charges for them.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { it } from 'node:test';
import { giveObject } from '../../support/object-at-s3.ts';
import { startStoodInWire } from '../../support/stand-in-wire.ts';
import { until } from '../../support/until.ts';

const MIB = 1024 * 1024;
const PARTS = 3;
const PART = 8 * MIB;
/** Enough bytes for a window of three parts, which opens after 7 MiB, but fewer than 8 MiB, where the first part takes over. */
const BEFORE_PARTS = 7.75 * MIB;

it('parts that were read ahead count against the egress budget even if the caller disconnects before it receives them', async () => {
  const wire = await startStoodInWire({
    more: `
readAhead: { connections: ${PARTS + 1} }
budgets: [{ callers: [reader@acme-prod.iam.gserviceaccount.com], bytesPerDay: 1GB }]`,
  });
  try {
    const remaining = async (): Promise<number> => {
      const { text } = await wire.get('/-/whoami', { as: 'reader' });
      const { egressBudget } = JSON.parse(text) as { egressBudget: { remainingBytes: number } };
      return egressBudget.remainingBytes;
    };
    const body = Buffer.alloc(64 * MIB, 'x');
    let sentParts = 0;
    let receivedBytes = 0;
    wire.s3Answers(async (request, response) => {
      if (request.headers['if-match'] !== undefined) {
        giveObject({ body }, request, response);
        response.once('finish', () => {
          sentParts += 1;
        });
        return;
      }
      response.writeHead(200, { etag: '"e1"', 'content-length': body.length }).flushHeaders();
      // The rest of this response never arrives, so the parts wait in memory.
      const piece = 64 * 1024;
      for (let at = 0; at < BEFORE_PARTS && !response.destroyed; at += piece) {
        if (!response.write(body.subarray(at, at + piece))) await once(response, 'drain');
        // The bridge requests parts only if the caller reads as fast as S3 sends, so S3 waits until the caller has each piece.
        while (receivedBytes < at && !response.closed) await new Promise(setImmediate);
      }
    });
    const download = await wire.open();
    download
      .on('error', () => undefined)
      .on('data', (chunk: Buffer) => {
        receivedBytes += chunk.length;
      });
    await until('S3 has sent the parts', () => sentParts === PARTS);
    await until(
      'the parts are in memory',
      async () => (await wire.metric('fedbridge_read_ahead_memory_bytes')) >= PARTS * PART,
    );
    download.destroy();
    const line = await wire.lineOf(download);
    assert.ok(Number(line['bytesFromS3']) > 2 * PART, `${String(line['bytesFromS3'])} bytes`);
    const used = 1_000_000_000 - (await remaining());
    assert.ok(used <= BEFORE_PARTS + PARTS * PART, `${used} bytes: the rest is returned`);
    // Bytes that arrive with the response's head are counted only if the caller receives them.
    assert.ok(
      used >= Number(line['bytesFromS3']) - 128 * 1024,
      `${used} bytes of ${String(line['bytesFromS3'])}`,
    );
  } finally {
    await wire.close();
  }
});
