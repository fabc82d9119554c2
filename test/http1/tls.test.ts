// TLS data arrives one record at a time, and the client gathers several records before delivering them. The bytes, their order
// and connection reuse are the same as without TLS.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { createServer } from 'node:https';
import { after, before, describe, it } from 'node:test';
import { setDefaultCACertificates } from 'node:tls';
import { createCancellation } from '../../src/runtime/cancellation.ts';
import { createTransport } from '../../src/http1/transport.ts';
import type { UpstreamResponse } from '../../src/http1/exchange.ts';
import { createAuthority } from '../faults/certificates.ts';

const LARGE = 1_000_000;

/** The maximum size of a TLS record (RFC 8446, 5.1). Longer data arrives in several pieces. */
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
  const [, length = '', sent = length] = url.split('/');
  response.writeHead(200, { 'content-length': length });
  // Writes have irregular lengths, so that TLS records begin at any position in the connection's buffer.
  for (let at = 0, size = 1; at < Number(sent); at += size, size = (size * 7 + 5) % 40_000)
    response.write(contentOf(Number(sent)).subarray(at, at + size));
  if (sent === length) response.end();
  else
    response.write('', () => {
      response.socket?.end();
    });
});

/** The content does not repeat within 64 KiB, so that misplaced bytes are detected. */
const CONTENT = Buffer.alloc(2 * LARGE);
for (let at = 0; at < CONTENT.length; at += 4)
  CONTENT.writeUInt32LE(Math.imul(at + 1, 2_654_435_761) >>> 0, at);
const contentOf = (length: number): Buffer => CONTENT.subarray(0, length);
const digestOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const transport = createTransport({ stallMs: 2_000 });
let origin = '';

const send = (path: string): Promise<UpstreamResponse> =>
  transport.send(origin, {
    method: 'GET',
    path,
    headers: ['host', 'localhost'],
    cancellation: createCancellation(),
  });

interface Download {
  readonly body: Buffer;
  readonly error?: Error;
}

/** @param slow whether to delay the copy of each chunk, like a socket whose buffer is full */
async function download(path: string, slow: boolean): Promise<Download> {
  const response = await send(path);
  const { promise, resolve } = Promise.withResolvers<Download>();
  const copies: Buffer[] = [];
  let pending = 0;
  let result: { readonly error?: Error } | undefined;
  const settle = (): void => {
    if (pending === 0 && result !== undefined) resolve({ ...result, body: Buffer.concat(copies) });
  };
  response.pipe({
    write: (chunk, free) => {
      const index = copies.push(chunk) - 1;
      pending += 1;
      const take = (): void => {
        copies[index] = Buffer.from(chunk);
        free?.();
        pending -= 1;
        if (slow) response.resume();
        settle();
      };
      if (slow) setTimeout(take, 2);
      else setImmediate(take);
      return !slow;
    },
    end: () => {
      result = {};
      settle();
    },
    fail: (error) => {
      result = { error };
      settle();
    },
  });
  return promise;
}

const read = async (length: number, slow: boolean): Promise<number> =>
  (await download(`/${length}`, slow)).body.length;

describe('TLS connections to S3', () => {
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

  it('deliver a complete response after a response that was read slowly', async () => {
    let connections = 0;
    server.on('secureConnection', () => (connections += 1));
    for (let turn = 0; turn < 4; turn += 1) {
      assert.equal(await read(LARGE, true), LARGE);
      assert.equal(await read(100, false), 100);
    }
    assert.equal(connections, 1, 'everything on one connection');
  });

  it('do not treat bytes after a response as the response to the next request', async () => {
    const first = await send('/with-leftover');
    // Sends this request before the client has processed the bytes that follow the first response.
    const second = await send('/100');
    assert.equal(first.whole?.length, 16_000);
    assert.equal(second.whole?.length, 100);
  });

  for (const slow of [false, true])
    it(`deliver exactly the object's bytes to ${slow ? 'a slow' : 'a fast'} reader`, async () => {
      const lengths = [16_384, 16_385, 65_536, 65_537, 100_000, LARGE, 2 * LARGE];
      const bodies = await Promise.all(lengths.map((length) => download(`/${length}`, slow)));
      assert.deepEqual(
        bodies.map(({ body }) => digestOf(body)),
        lengths.map((length) => digestOf(contentOf(length))),
      );
    });

  it('deliver all bytes that arrived before an early close, and then an error', async () => {
    for (const sent of [40_000, 70_001, 500_003]) {
      const { body, error } = await download(`/${LARGE}/${sent}`, false);
      assert.equal(digestOf(body), digestOf(contentOf(sent)));
      assert.ok(error instanceof Error);
    }
  });

  it('deliver many parallel responses in full', async () => {
    const lengths = Array.from({ length: 40 }, (_, i) => i * 10_007);
    assert.deepEqual(await Promise.all(lengths.map((length) => read(length, length % 2 === 0))), lengths);
  });
});
