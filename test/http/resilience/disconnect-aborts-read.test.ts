// If a caller disconnects mid-response, the bridge aborts that caller's request to S3 and no other request.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { open } from '../../support/http-request.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

/** Large, but below 16 MiB: the bridge reads larger objects ahead, with further requests to S3. */
const SIZE = 15 * 1024 * 1024;
const PATH = '/acme-lake/raw/huge.bin';

describe('a caller that disconnects', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire();
    await wire.put('raw/huge.bin', Buffer.alloc(SIZE, 'y'));
  });
  after(() => wire.close());

  /** @returns the number of reads of the object at S3 */
  const reads = async (): Promise<number> =>
    (await wire.calls('s3')).filter(({ method, path }) => method === 'GET' && path === PATH).length;

  it('ends its own read from S3, but not those of other callers', async () => {
    const headers = { authorization: `Bearer ${await wire.token('reader')}` };
    const staying = await open(wire.bridge.url, PATH, { headers });
    const digest = createHash('sha256');
    const read = (async () => {
      for await (const chunk of staying) digest.update(chunk as Buffer);
    })();
    const leaving = await open(wire.bridge.url, PATH, { headers });
    leaving.once('data', () => leaving.destroy());
    leaving.on('error', () => undefined);
    const line = await wire.bridge.line(({ abortedBy }) => abortedBy === 'caller');
    assert.ok(Number(line['bytesSent']) < SIZE, 'the bridge stopped reading');
    assert.notEqual(line['severity'], 'ERROR');
    await read;
    assert.equal(digest.digest('hex'), createHash('sha256').update(Buffer.alloc(SIZE, 'y')).digest('hex'));
    assert.equal(await reads(), 2);
  });

  it('makes the bridge abort its request to S3, even if S3 has not responded yet', async () => {
    await wire.fault({ upstream: 's3', path: 'huge.bin', fault: 'hang' });
    const { hostname, port } = new URL(wire.bridge.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `GET ${PATH} HTTP/1.1\r\nHost: bridge\r\nAuthorization: Bearer ${await wire.token('reader')}\r\n\r\n`,
    );
    while ((await reads()) < 3) await setTimeout(20);
    socket.destroy();
    const line = await wire.bridge.line(
      ({ bytesSent, abortedBy }) => abortedBy === 'caller' && bytesSent === 0,
    );
    assert.equal(line['fault'], undefined, 'a disconnect is not a fault');
    await wire.clearFaults();
  });
});
