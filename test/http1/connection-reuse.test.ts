// A connection carries another request only if nobody can read the end of its last response in another way (RFC 9112, 6.3 and 9.3).
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { createCancellation } from '../../src/runtime/cancellation.ts';
import { createTransport } from '../../src/http1/transport.ts';
import type { UpstreamResponse } from '../../src/http1/exchange.ts';
import type { Transport } from '../../src/http1/transport.ts';

/** Bytes that another sender takes for the body of the response before them. */
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
  { name: 'to HEAD without either', method: 'HEAD', response: 'HTTP/1.1 403 Forbidden\r\n\r\n' },
  { name: '304 with a length', response: 'HTTP/1.1 304 Not Modified\r\ncontent-length: 42\r\n\r\n' },
  { name: '304 with chunks', response: 'HTTP/1.1 304 Not Modified\r\ntransfer-encoding: chunked\r\n\r\n' },
  { name: '204 with a length', response: 'HTTP/1.1 204 No Content\r\ncontent-length: 42\r\n\r\n' },
  { name: '204 with chunks', response: 'HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n' },
  { name: '205 with a length', response: 'HTTP/1.1 205 Reset Content\r\ncontent-length: 2\r\n\r\nhi' },
  { name: 'with bytes behind its length', response: 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi\r\n' },
  {
    name: 'with bytes behind its chunks',
    response: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n\r\n',
  },
  { name: '304 with bytes behind its head', response: 'HTTP/1.1 304 Not Modified\r\n\r\nhi' },
  // A server sends it to a connection that it finds idle, whether or not a request is on its way (RFC 9110, 15.5.9).
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

/** What the first request of each connection gets; a second one on the same connection gets the leftover. */
const stage = { first: '' };
let connections = 0;
const server = createServer((socket: Socket) => {
  connections += 1;
  let requests = 0;
  socket.on('error', () => undefined);
  socket.on('data', () => {
    requests += 1;
    socket.write(requests === 1 ? stage.first : LEFTOVER);
  });
});
let origin = '';

async function send(transport: Transport, method: 'GET' | 'HEAD' = 'GET'): Promise<string> {
  const answer = await transport.send(origin, {
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

/** @returns what the second of two requests got, and how many connections the two took */
async function secondOfTwo({ method, response }: Case, reusesAfterHead: boolean): Promise<[string, number]> {
  const transport = createTransport({ stallMs: 60_000, mayReuseAfterHead: () => reusesAfterHead });
  const before = connections;
  try {
    stage.first = response;
    await send(transport, method);
    stage.first = GOOD;
    return [await send(transport), connections - before];
  } finally {
    transport.close();
  }
}

describe('a connection', () => {
  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    origin = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  });
  after(() => {
    server.close();
  });

  for (const each of AMBIGUOUS) {
    it(`is not used again after a response ${each.name}`, async () => {
      assert.deepEqual(await secondOfTwo(each, false), ['good', 2]);
    });
  }

  for (const each of UNAMBIGUOUS) {
    it(`is used again after a response ${each.name}`, async () => {
      assert.deepEqual(await secondOfTwo(each, false), ['evil', 1]);
    });
  }

  it('is used again after HEAD only to an origin whose responses to HEAD have no body', async () => {
    const head = AMBIGUOUS.filter(({ method }) => method === 'HEAD');
    assert.equal(head.length, 3);
    for (const each of head) assert.deepEqual(await secondOfTwo(each, true), ['evil', 1]);
  });
});
