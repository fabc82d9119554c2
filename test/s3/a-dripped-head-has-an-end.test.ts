// S3 has one stall time for the whole head of an answer; a body's bytes each have their own.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { createCancellation } from '../../src/runtime/cancellation.ts';
import { HttpError } from '../../src/http1/http-error.ts';
import { createTransport } from '../../src/http1/transport.ts';

const STALL_MS = 3_000;
const DRIP_MS = 400;
const HEAD = 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n';

/** Bytes that come one by one; what is before them comes at once. */
const stage = { atOnce: '', dripped: '' };
const server = createServer((socket) => {
  socket.on('error', () => undefined);
  socket.once('data', () => {
    const { atOnce, dripped } = stage;
    socket.write(atOnce);
    let at = 0;
    const drip = setInterval(() => {
      if (at < dripped.length) socket.write(dripped.charAt(at));
      at += 1;
    }, DRIP_MS);
    socket.once('close', () => {
      clearInterval(drip);
    });
  });
});
const transport = createTransport({ stallMs: STALL_MS });
let origin = '';

async function read(): Promise<string> {
  const answer = await transport.send(origin, {
    ...{ method: 'GET', path: '/', headers: ['host', 'localhost'] },
    cancellation: createCancellation(),
  });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let body = '';
  answer.pipe({
    write: (chunk) => {
      body += chunk.toString();
      return true;
    },
    end: () => {
      resolve(body);
    },
    fail: reject,
  });
  return promise;
}

describe('what S3 drips', { concurrency: false }, () => {
  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    origin = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  });
  after(() => {
    transport.close();
    server.close();
  });

  it('as a head is given up', async () => {
    Object.assign(stage, { atOnce: '', dripped: `${HEAD}0123456789` });
    await assert.rejects(read, (error) => error instanceof HttpError && error.code === 'timeout');
  });

  it('as a body comes whole, though it takes longer than a stall', async () => {
    Object.assign(stage, { atOnce: HEAD, dripped: '0123456789' });
    assert.equal(await read(), '0123456789');
  });
});
