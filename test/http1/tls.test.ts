// S3 is reached over TLS, whose reads come in pieces: a slow reader's connection serves the next request like any other.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:https';
import { after, before, describe, it } from 'node:test';
import { setDefaultCACertificates } from 'node:tls';
import { createCancellation } from '../../src/runtime/cancellation.ts';
import { createTransport } from '../../src/http1/transport.ts';
import type { UpstreamResponse } from '../../src/http1/exchange.ts';
import { createAuthority } from '../faults/certificates.ts';

const LARGE = 1_000_000;

/** The longest TLS record (RFC 8446, 5.1): what follows comes in another piece of the same read. */
const RECORD = 16_384;
const LEFTOVER = 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil';

const authority = createAuthority('localhost');
const server = createServer(authority.good, ({ url = '' }, response) => {
  if (url === '/with-leftover') {
    const head = 'HTTP/1.1 200 OK\r\ncontent-length: 16000\r\nx-filler: ';
    const body = `\r\n\r\n${'b'.repeat(16_000)}`;
    response.socket?.write(`${head}${'a'.repeat(RECORD - head.length - body.length)}${body}${LEFTOVER}`);
    return;
  }
  const length = Number(url.slice(1));
  response.writeHead(200, { 'content-length': length }).end(Buffer.alloc(length, 0x61));
});
const transport = createTransport({ stallMs: 2_000 });
let origin = '';

const send = (path: string): Promise<UpstreamResponse> =>
  transport.send(origin, {
    method: 'GET',
    path,
    headers: ['host', 'localhost'],
    cancellation: createCancellation(),
  });

/** @returns the bytes of the body. @param slow whether each chunk waits for a while, as a full socket does */
async function read(length: number, slow: boolean): Promise<number> {
  const answer = await send(`/${length}`);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let bytes = 0;
  answer.pipe({
    write: (chunk) => {
      bytes += chunk.length;
      if (slow) setTimeout(answer.resume, 2);
      return !slow;
    },
    end: () => {
      resolve(bytes);
    },
    fail: reject,
  });
  return promise;
}

describe('over TLS', () => {
  before(async () => {
    setDefaultCACertificates([authority.cert]);
    server.listen(0);
    await once(server, 'listening');
    const address = server.address();
    origin = `https://localhost:${typeof address === 'object' && address !== null ? address.port : 0}`;
  });
  after(() => {
    transport.close();
    server.closeAllConnections();
    server.close();
  });

  it('what comes after a slow reader is read', async () => {
    let connections = 0;
    server.on('secureConnection', () => (connections += 1));
    for (let turn = 0; turn < 4; turn += 1) {
      assert.equal(await read(LARGE, true), LARGE);
      assert.equal(await read(100, false), 100);
    }
    assert.equal(connections, 1, 'all on one connection');
  });

  it('bytes behind a response do not answer a request that was not yet sent', async () => {
    const first = await send('/with-leftover');
    // At once: the rest of the read that brought the response is still to come.
    const second = await send('/100');
    assert.equal(first.whole?.length, 16_000);
    assert.equal(second.whole?.length, 100);
  });

  it('many at once come whole', async () => {
    const lengths = Array.from({ length: 40 }, (_, i) => i * 10_007);
    assert.deepEqual(await Promise.all(lengths.map((length) => read(length, length % 2 === 0))), lengths);
  });
});
