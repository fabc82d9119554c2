// A connection is reused only if the end of its last response is unambiguous (RFC 9112, 6.3 and 9.3).
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { createCancellation } from '../../src/runtime/cancellation.ts';
import { createTransport } from '../../src/http1/transport.ts';
import type { UpstreamResponse } from '../../src/http1/exchange.ts';
import type { Transport } from '../../src/http1/transport.ts';
import { startStandIn } from '../support/stand-in.ts';
import type { StandIn } from '../support/stand-in.ts';

/** A forged response. A different HTTP implementation could read these bytes as the previous response's body. */
const LEFTOVER = 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil';
const GOOD = 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ngood';

interface Case {
  readonly name: string;
  readonly method?: 'HEAD';
  readonly response: string;
}

const AMBIGUOUS: readonly Case[] = [
  {
    name: 'to HEAD with a length',
    method: 'HEAD',
    response: 'HTTP/1.1 200 OK\r\ncontent-length: 42\r\n\r\n',
  },
  {
    name: 'to HEAD with chunks',
    method: 'HEAD',
    response: 'HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\n\r\n',
  },
  { name: 'to HEAD without a length or chunks', method: 'HEAD', response: 'HTTP/1.1 403 Forbidden\r\n\r\n' },
  { name: '304 with a length', response: 'HTTP/1.1 304 Not Modified\r\ncontent-length: 42\r\n\r\n' },
  { name: '304 with chunks', response: 'HTTP/1.1 304 Not Modified\r\ntransfer-encoding: chunked\r\n\r\n' },
  { name: '204 with a length', response: 'HTTP/1.1 204 No Content\r\ncontent-length: 42\r\n\r\n' },
  { name: '204 with chunks', response: 'HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n' },
  { name: '205 with a length', response: 'HTTP/1.1 205 Reset Content\r\ncontent-length: 2\r\n\r\nhi' },
  { name: 'with bytes after its length', response: 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi\r\n' },
  {
    name: 'with bytes after its chunks',
    response: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n\r\n',
  },
  { name: '304 with bytes after its head', response: 'HTTP/1.1 304 Not Modified\r\n\r\nhi' },
  // A server may send 408 on a connection that it considers idle while a request is in transit (RFC 9110, 15.5.9).
  { name: '408', response: 'HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n' },
  {
    name: 'with Connection: close',
    response: 'HTTP/1.1 200 OK\r\nconnection: x, Close\r\ncontent-length: 0\r\n\r\n',
  },
  { name: 'in HTTP/1.0', response: 'HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n' },
  {
    name: 'in HTTP/1.0 with an option that only resembles keep-alive',
    response: 'HTTP/1.0 200 OK\r\nconnection: no-keep-alive\r\ncontent-length: 0\r\n\r\n',
  },
];

const UNAMBIGUOUS: readonly Case[] = [
  { name: 'with a length', response: 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi' },
  {
    name: 'with chunks',
    response: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n',
  },
  { name: '304 without a length', response: 'HTTP/1.1 304 Not Modified\r\netag: "e"\r\n\r\n' },
  { name: '304 with a length of 0', response: 'HTTP/1.1 304 Not Modified\r\ncontent-length: 0\r\n\r\n' },
  { name: '204', response: 'HTTP/1.1 204 No Content\r\n\r\n' },
  {
    name: 'with an option that only resembles close',
    response: 'HTTP/1.1 200 OK\r\nconnection: closed\r\ncontent-length: 0\r\n\r\n',
  },
  {
    name: 'in HTTP/1.0 with keep-alive',
    response: 'HTTP/1.0 200 OK\r\nconnection: Keep-Alive\r\ncontent-length: 0\r\n\r\n',
  },
];

/** The response to the first request on each connection. A second request on the same connection gets LEFTOVER. */
const stage = { first: '' };
const used = new WeakSet<Socket>();
let s3: StandIn;

async function send(transport: Transport, method: 'GET' | 'HEAD' = 'GET'): Promise<string> {
  const answer = await transport.send(s3.origin, {
    method,
    path: '/',
    headers: ['host', 'localhost'],
    cancellation: createCancellation(),
  });
  return bodyOf(answer);
}

function bodyOf(answer: UpstreamResponse): Promise<string> {
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

/** @returns the response to the second of two requests, and the number of connections that the two requests used */
async function secondOfTwo({ method, response }: Case, reusesAfterHead: boolean): Promise<[string, number]> {
  const transport = createTransport({ stallMs: 60_000, mayReuseAfterHead: () => reusesAfterHead });
  const before = s3.connections();
  try {
    stage.first = response;
    await send(transport, method);
    stage.first = GOOD;
    return [await send(transport), s3.connections() - before];
  } finally {
    transport.close();
  }
}

describe('a connection to S3', () => {
  before(async () => {
    s3 = await startStandIn(({ socket }) => {
      socket.write(used.has(socket) ? LEFTOVER : stage.first);
      used.add(socket);
    });
  });
  after(() => {
    s3.close();
  });

  for (const each of AMBIGUOUS) {
    it(`is not reused after a response: ${each.name}`, async () => {
      assert.deepEqual(await secondOfTwo(each, false), ['good', 2]);
    });
  }

  for (const each of UNAMBIGUOUS) {
    it(`is reused after a response: ${each.name}`, async () => {
      assert.deepEqual(await secondOfTwo(each, false), ['evil', 1]);
    });
  }

  it('is reused after HEAD only for an origin whose responses to HEAD have no body', async () => {
    const head = AMBIGUOUS.filter(({ method }) => method === 'HEAD');
    assert.equal(head.length, 3);
    for (const each of head) assert.deepEqual(await secondOfTwo(each, true), ['evil', 1]);
  });
});
