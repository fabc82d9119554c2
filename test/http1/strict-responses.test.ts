// Tests which of S3's responses the client accepts and which it rejects. Each response is sent both as a whole and byte by
// byte.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCancellation } from '../../src/runtime/cancellation.ts';
import { HttpError } from '../../src/http1/http-error.ts';
import { createTransport } from '../../src/http1/transport.ts';
import type { UpstreamResponse } from '../../src/http1/exchange.ts';
import { startStandIn } from '../support/stand-in.ts';
import type { StandIn } from '../support/stand-in.ts';

const OK = 'HTTP/1.1 200 OK\r\n';
const GOOD = `${OK}content-length: 2\r\n\r\nhi`;

/** Valid raw responses, each with its expected status and body. */
const ANSWERS: readonly (readonly [name: string, raw: string, status: number, body: string])[] = [
  ['a body with Content-Length', `${OK}Content-Length: 5\r\n\r\nhello`, 200, 'hello'],
  ['no body', `${OK}content-length: 0\r\n\r\n`, 200, ''],
  ['whitespace around values', `${OK}content-length:\t 5 \t\r\n\r\nhello`, 200, 'hello'],
  ['an empty reason phrase', 'HTTP/1.1 206 \r\ncontent-length: 2\r\n\r\nhi', 206, 'hi'],
  ['nothing after the status', 'HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nhi', 200, 'hi'],
  [
    'interim responses',
    `HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${OK}content-length: 2\r\n\r\nhi`,
    200,
    'hi',
  ],
  [
    'chunks',
    `${OK}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n`,
    200,
    'abc0123456789',
  ],
  [
    'chunk extensions and trailers',
    `${OK}Transfer-Encoding: Chunked\r\n\r\n2;a="b"\r\nhi\r\n000\r\nx-trailer: 1\r\n\r\n`,
    200,
    'hi',
  ],
  ['no chunks', `${OK}transfer-encoding: chunked\r\n\r\n0\r\n\r\n`, 200, ''],
  ['a status that allows no body', 'HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n', 304, ''],
  ['a long head', `${OK}x-amz-meta-a: ${'a'.repeat(9000)}\r\ncontent-length: 2\r\n\r\nhi`, 200, 'hi'],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nhi', 200, 'hi'],
];

const NONSENSE: readonly (readonly [name: string, raw: string])[] = [
  ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
  ['the beginning of another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['another HTTP version', 'HTTP/2 200\r\ncontent-length: 0\r\n\r\n'],
  ['a status of four digits', 'HTTP/1.1 2000 OK\r\ncontent-length: 0\r\n\r\n'],
  ['a body that only the end of the connection delimits', `${OK}\r\nhello`],
  ['two lengths', `${OK}content-length: 5\r\ncontent-length: 6\r\n\r\nhello`],
  ['the same length twice', `${OK}content-length: 5\r\ncontent-length: 5\r\n\r\nhello`],
  ['two lengths in one header', `${OK}content-length: 5, 5\r\n\r\nhello`],
  ['a negative length', `${OK}content-length: -5\r\n\r\nhello`],
  ['a length with a sign', `${OK}content-length: +5\r\n\r\nhello`],
  ['a length beyond the exact integers', `${OK}content-length: 99999999999999999999\r\n\r\nhello`],
  [
    'both Content-Length and chunked coding',
    `${OK}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  ['another transfer coding', `${OK}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
  ['chunked coding twice', `${OK}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['a folded header', `${OK}x-a: b\r\n c: d\r\ncontent-length: 0\r\n\r\n`],
  ['a space before the colon', `${OK}content-length : 0\r\n\r\n`],
  ['a header line without a colon', `${OK}nonsense\r\ncontent-length: 0\r\n\r\n`],
  ['a bare line feed', `${OK}x-a: b\ncontent-length: 0\r\n\r\n`],
  ['a bare carriage return', `${OK}x-a: b\rcontent-length: 0\r\n\r\n`],
  ['a NUL', `${OK}x-a: \0\r\ncontent-length: 0\r\n\r\n`],
  ['an endless head', `${OK}${'x-a: b\r\n'.repeat(10_000)}`],
  ['a protocol switch', 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n'],
  ['chunked coding in HTTP/1.0', 'HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
  [
    'chunked coding and a length in HTTP/1.0',
    'HTTP/1.0 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n',
  ],
  ['an interim response with a length', `HTTP/1.1 103 Early Hints\r\ncontent-length: 2\r\n\r\n${GOOD}`],
  [
    'an interim response with chunked coding',
    `HTTP/1.1 103 Early Hints\r\ntransfer-encoding: chunked\r\n\r\n${GOOD}`,
  ],
  ['endless interim responses', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(5_000)],
  [
    'a Connection header that contradicts itself',
    `${OK}connection: close, keep-alive\r\ncontent-length: 0\r\n\r\n`,
  ],
  [
    'two Connection headers that contradict each other',
    `${OK}connection: close\r\ncontent-length: 0\r\nconnection: Keep-Alive\r\n\r\n`,
  ],
  ['a head with bare line feeds only', 'HTTP/1.1 200 OK\ncontent-length: 5\n\nhello'],
  ['an empty transfer coding', `${OK}transfer-encoding: \r\ncontent-length: 5\r\n\r\nhello`],
  ['the identity coding', `${OK}transfer-encoding: identity\r\ncontent-length: 5\r\n\r\nhello`],
  ['a transfer coding with a parameter', `${OK}transfer-encoding: chunked;q=1\r\n\r\n0\r\n\r\n`],
  ['a folded transfer coding', `${OK}transfer-encoding:\r\n chunked\r\n\r\n0\r\n\r\n`],
  ['a folded status line', `HTTP/1.1 200\r\n OK\r\ncontent-length: 5\r\n\r\nhello`],
];

const BROKEN_CHUNKS: readonly (readonly [name: string, raw: string])[] = [
  ['a chunk size that is not a number', 'xyz\r\nabc\r\n0\r\n\r\n'],
  ['a missing chunk size', '\r\nabc\r\n0\r\n\r\n'],
  ['a chunk that is longer than its size', '2\r\nabc\r\n0\r\n\r\n'],
  ['a bare line feed as line end', '3\nabc\n0\n\n'],
  ['an endless chunk size line', `3;${'a'.repeat(5000)}`],
  ['endless trailers', `3\r\nabc\r\n0\r\n${'x-a: b\r\n'.repeat(1000)}`],
  ['a trailer without a colon', '3\r\nabc\r\n0\r\nnonsense\r\n\r\n'],
  ['a folded trailer', '3\r\nabc\r\n0\r\nx-a: b\r\n c\r\n\r\n'],
  ['a trailer with a bare carriage return', '3\r\nabc\r\n0\r\nx-a: b\rc\r\n\r\n'],
  ['a control character in a chunk extension', '3;a=\x01\r\nabc\r\n0\r\n\r\n'],
];

/** The raw bytes that are sent in response to each request, and the size of the pieces in which they are sent. */
const stage = { raw: '', pieceBytes: Infinity };
let s3: StandIn;
const transport = createTransport({ stallMs: 5_000 });

async function play(socket: Socket): Promise<void> {
  const { raw, pieceBytes } = stage;
  socket.setNoDelay(true);
  for (let at = 0; at < raw.length && !socket.destroyed; at += pieceBytes) {
    socket.write(raw.slice(at, at + pieceBytes), 'latin1');
    if (pieceBytes !== Infinity) await sleep(0);
  }
}

async function ask(method: 'GET' | 'HEAD' = 'GET'): Promise<UpstreamResponse> {
  return transport.send(s3.origin, {
    method,
    path: '/b/k',
    headers: ['host', 'localhost'],
    cancellation: createCancellation(),
  });
}

function bodyOf(answer: UpstreamResponse): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let body = '';
  answer.pipe({
    write: (chunk) => {
      body += chunk.toString('latin1');
      return true;
    },
    end: () => {
      resolve(body);
    },
    fail: reject,
  });
  return promise;
}

const isNonsense = (error: unknown): boolean =>
  error instanceof HttpError && error.code === 'invalid_response';

describe("S3's responses", () => {
  before(async () => {
    s3 = await startStandIn(({ socket }) => play(socket));
  });
  after(() => {
    transport.close();
    s3.close();
  });

  for (const [name, raw, status, body] of ANSWERS) {
    it(`with ${name} are accepted, however they are split`, async () => {
      for (const pieceBytes of raw.length > 5000 ? [Infinity, 1000] : [Infinity, 1, 7]) {
        Object.assign(stage, { raw, pieceBytes });
        const answer = await ask();
        assert.deepEqual([answer.status, await bodyOf(answer)], [status, body]);
      }
    });
  }

  for (const [name, raw] of NONSENSE) {
    it(`with ${name} are rejected`, async () => {
      for (const pieceBytes of raw.length > 5000 ? [Infinity] : [Infinity, 1]) {
        Object.assign(stage, { raw, pieceBytes });
        await assert.rejects(ask, isNonsense);
      }
    });
  }

  for (const [name, raw] of BROKEN_CHUNKS) {
    it(`with ${name} fail mid-body`, async () => {
      Object.assign(stage, { raw: `${OK}transfer-encoding: chunked\r\n\r\n${raw}`, pieceBytes: Infinity });
      const answer = await ask();
      await assert.rejects(bodyOf(answer), isNonsense);
    });
  }

  it('to HEAD have no body, whatever their Content-Length', async () => {
    Object.assign(stage, { raw: `${OK}content-length: 5\r\n\r\n`, pieceBytes: Infinity });
    const answer = await ask('HEAD');
    assert.deepEqual([answer.status, await bodyOf(answer)], [200, '']);
  });

  it('with extra bytes after them close their connection, and the next request opens a new one', async () => {
    Object.assign(stage, {
      raw: `${OK}content-length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil`,
      pieceBytes: Infinity,
    });
    assert.equal(await bodyOf(await ask()), 'hi');
    Object.assign(stage, { raw: `${OK}content-length: 4\r\n\r\ngood` });
    assert.equal(await bodyOf(await ask()), 'good');
  });

  it('that arrive before any request are never matched to a later request', async () => {
    Object.assign(stage, { raw: `${OK}content-length: 2\r\n\r\nhi`, pieceBytes: Infinity });
    const before = s3.connections();
    await freshAsk();
    assert.equal(s3.connections(), before + 1);
    const { socket } = s3.asked.at(-1) ?? assert.fail();
    const closed = once(socket, 'close');
    socket.write(`${OK}content-length: 4\r\n\r\nevil`);
    await closed;
    Object.assign(stage, { raw: `${OK}content-length: 4\r\n\r\ngood` });
    assert.equal(await bodyOf(await ask()), 'good');
  });
});

/** Sends a request on a new connection after retiring all existing connections. */
async function freshAsk(): Promise<void> {
  transport.retire();
  assert.equal(await bodyOf(await ask()), 'hi');
}
