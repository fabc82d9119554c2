// S3 has one stall time for the whole head of an answer; a body's bytes each have their own.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { after, before, describe, it, mock } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCancellation } from '../../src/runtime/cancellation.ts';
import { HttpError } from '../../src/http1/http-error.ts';
import { createTransport } from '../../src/http1/transport.ts';
import { until } from '../support/until.ts';

/** By the bridge's clock, which these tests move. */
const STALL_MS = 400;
const DRIP_MS = 100;
/** How often the transport looks for stalls, in real time. */
const LOOK_MS = STALL_MS / 4;
const HEAD = 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n';
const BODY = '0123456789';

let now = 0;
let body = '';

type Respond = (socket: Socket) => Promise<void>;
let respond: Respond = () => Promise.resolve();
const server = createServer((socket) => {
  socket.on('error', () => undefined);
  socket.once('data', () => {
    respond(socket).catch(() => socket.destroy());
  });
});
const transport = createTransport({ stallMs: STALL_MS });
let origin = '';

async function read(): Promise<string> {
  const answer = await transport.send(origin, {
    method: 'GET',
    path: '/',
    headers: ['host', 'localhost'],
    cancellation: createCancellation(),
  });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  body = '';
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
    mock.method(performance, 'now', () => now);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    origin = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  });
  after(() => {
    mock.restoreAll();
    transport.close();
    server.close();
  });

  it('as a head is given up', async () => {
    respond = async (socket) => {
      for (const byte of `${HEAD}${BODY}`) {
        socket.write(byte);
        now += DRIP_MS;
        // As long as the transport waits between two looks, so that it looks before all has been sent.
        await sleep(LOOK_MS);
      }
    };
    await assert.rejects(read, (error) => error instanceof HttpError && error.code === 'timeout');
  });

  it('as a body comes whole, though it takes longer than a stall', async () => {
    respond = async (socket) => {
      socket.write(HEAD);
      for (const [sent, byte] of Array.from(BODY).entries()) {
        await until('the bytes before have come', () => body.length === sent);
        now += DRIP_MS;
        // For the transport to look whether this is a stall.
        await sleep(LOOK_MS);
        socket.write(byte);
      }
    };
    assert.equal(await read(), BODY);
  });
});
