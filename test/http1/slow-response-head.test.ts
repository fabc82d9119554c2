// The stall timeout covers the whole head of S3's response; in the body, the timeout restarts with every byte.
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, before, describe, it, mock } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCancellation } from '../../src/runtime/cancellation.ts';
import { HttpError } from '../../src/http1/http-error.ts';
import { createTransport } from '../../src/http1/transport.ts';
import { startStandIn } from '../support/stand-in.ts';
import type { StandIn } from '../support/stand-in.ts';
import { until } from '../support/until.ts';

/** The stall timeout, measured on a clock that these tests advance. */
const STALL_MS = 400;
const DRIP_MS = 100;
/** The interval in real time at which the transport checks for stalls. */
const LOOK_MS = STALL_MS / 4;
const HEAD = 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n';
const BODY = '0123456789';

let now = 0;
let body = '';

type Respond = (socket: Socket) => Promise<void>;
let respond: Respond = () => Promise.resolve();
let s3: StandIn;
const transport = createTransport({ stallMs: STALL_MS });

async function read(): Promise<string> {
  const answer = await transport.send(s3.origin, {
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

describe('a slow-drip response from S3', { concurrency: false }, () => {
  before(async () => {
    mock.method(performance, 'now', () => now);
    s3 = await startStandIn(({ socket }) => respond(socket));
  });
  after(() => {
    mock.restoreAll();
    transport.close();
    s3.close();
  });

  it('times out if its head arrives slowly', async () => {
    respond = async (socket) => {
      for (const byte of `${HEAD}${BODY}`) {
        socket.write(byte);
        now += DRIP_MS;
        // The pause is one check interval long, so that the transport checks for stalls before the response is
        // complete.
        await sleep(LOOK_MS);
      }
    };
    await assert.rejects(read, (error) => error instanceof HttpError && error.code === 'timeout');
  });

  it('arrives whole if its body arrives slowly, even if that takes longer than the stall timeout', async () => {
    respond = async (socket) => {
      socket.write(HEAD);
      for (const [sent, byte] of Array.from(BODY).entries()) {
        await until('the previous bytes have arrived', () => body.length === sent);
        now += DRIP_MS;
        // Gives the transport time to check for a stall.
        await sleep(LOOK_MS);
        socket.write(byte);
      }
    };
    assert.equal(await read(), BODY);
  });
});
