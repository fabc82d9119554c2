// Compares the HTTP/1.1 client with undici: both read the same raw responses, and their results differ only as listed
// in DIFFERENCES.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Client } from 'undici';
import { createTransport } from '../../src/http1/transport.ts';
import { createCancellation } from '../../src/runtime/cancellation.ts';
import { startStandIn } from '../support/stand-in.ts';
import type { StandIn } from '../support/stand-in.ts';

interface Case {
  /** The bytes that the server sends, as Latin-1. */
  readonly raw: string;
  readonly method?: 'HEAD';
  /** How the server closes the connection after these bytes; by default, the client closes it. */
  readonly then?: 'end' | 'reset';
}

interface Response {
  readonly status: number;
  /** Header values by lower-case name. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
}

/**
 * A complete response; `no response` if the client received no valid head; `body failed` if the body was incomplete or invalid.
 */
type Outcome = Response | 'no response' | 'body failed';

const OK = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;
const HI = 'Content-Length: 2\r\n\r\nhi';

const CASES: Readonly<Record<string, Case>> = {
  'a body with a length': { raw: `${OK}Content-Type: text/plain\r\n${HI}` },
  'an empty body': { raw: `${OK}Content-Length: 0\r\n\r\n` },
  'a body of 100 KiB': { raw: `${OK}Content-Length: 102400\r\n\r\n${'x'.repeat(102400)}` },
  'non-ASCII bytes in a header value': { raw: `${OK}x-amz-meta-a: caf\xe9\r\n${HI}` },
  'a repeated header': { raw: `${OK}x-a: 1\r\nx-a: 2\r\n${HI}` },
  'an empty header value': { raw: `${OK}x-a:\r\n${HI}` },
  'whitespace around a value': { raw: `${OK}x-a: \t b \t\r\n${HI}` },
  'no reason phrase': { raw: `HTTP/1.1 200 \r\n${HI}` },
  'no space after the status': { raw: `HTTP/1.1 200\r\n${HI}` },
  'a 404 with a body': { raw: `HTTP/1.1 404 Not Found\r\n${HI}` },
  'an undefined three-digit status': { raw: `HTTP/1.1 299 Odd\r\n${HI}` },
  'HTTP/1.0 with a length': { raw: `HTTP/1.0 200 OK\r\n${HI}` },
  'connection: close': { raw: `${OK}Connection: close\r\n${HI}`, then: 'end' },

  chunks: { raw: `${CHUNKED}2\r\nhi\r\n6\r\n there\r\n0\r\n\r\n` },
  'no chunks': { raw: `${CHUNKED}0\r\n\r\n` },
  'sizes in upper case with leading zeros': { raw: `${CHUNKED}000A\r\n0123456789\r\n0\r\n\r\n` },
  'chunk extensions': { raw: `${CHUNKED}2;name=value;flag\r\nhi\r\n0;last\r\n\r\n` },
  trailers: { raw: `${CHUNKED}2\r\nhi\r\n0\r\nx-checksum: abc\r\n\r\n` },
  'a chunk size that is not a number': { raw: `${CHUNKED}zz\r\nhi\r\n0\r\n\r\n` },
  'a negative chunk size': { raw: `${CHUNKED}-2\r\nhi\r\n0\r\n\r\n` },
  'a chunk that is longer than its size': { raw: `${CHUNKED}1\r\nhi\r\n0\r\n\r\n` },
  'chunks that end with the connection': { raw: `${CHUNKED}5\r\nhel`, then: 'end' },
  'chunk lines that end with a bare line feed': { raw: `${CHUNKED}2\nhi\n0\n\n` },

  '204': { raw: 'HTTP/1.1 204 No Content\r\n\r\n' },
  '304 with a length': { raw: 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 5\r\n\r\n' },
  'HEAD with a length': { raw: `${OK}Content-Length: 5\r\n\r\n`, method: 'HEAD' },
  'HEAD with chunked coding': { raw: CHUNKED, method: 'HEAD' },
  '103 before 200': { raw: `HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${OK}${HI}` },
  '100 before 200': { raw: `HTTP/1.1 100 Continue\r\n\r\n${OK}${HI}` },
  '101': { raw: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n' },

  'a body that ends early': { raw: `${OK}Content-Length: 10\r\n\r\nhel`, then: 'end' },
  'a body that is reset': { raw: `${OK}Content-Length: 10\r\n\r\nhel`, then: 'reset' },
  'a head that ends early': { raw: `${OK}Content-Le`, then: 'end' },
  'nothing at all': { raw: '', then: 'end' },
  'a reset': { raw: '', then: 'reset' },

  'no length, until the connection ends': { raw: `${OK}\r\nhello`, then: 'end' },
  'two lengths that differ': { raw: `${OK}Content-Length: 5\r\n${HI}` },
  'the same length twice': { raw: `${OK}Content-Length: 2\r\n${HI}` },
  'a list of equal lengths': { raw: `${OK}Content-Length: 2, 2\r\n\r\nhi` },
  'a length with a sign': { raw: `${OK}Content-Length: +2\r\n\r\nhi` },
  'a length beyond 64 bits': { raw: `${OK}Content-Length: 99999999999999999999\r\n\r\nhi` },
  'a length and chunked coding': {
    raw: `${OK}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  },
  'another transfer coding': { raw: `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n` },
  'chunked coding in HTTP/1.0': { raw: 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n' },

  'a folded header': { raw: `${OK}x-a: 1\r\n 2\r\n${HI}` },
  'a space before the colon': { raw: `${OK}x-a : 1\r\n${HI}` },
  'a header without a colon': { raw: `${OK}x-a\r\n${HI}` },
  'a header without a name': { raw: `${OK}: 1\r\n${HI}` },
  'a control character in a value': { raw: `${OK}x-a: a\x01b\r\n${HI}` },
  'a NUL in a value': { raw: `${OK}x-a: a\0b\r\n${HI}` },
  'lines that end with a bare line feed': { raw: 'HTTP/1.1 200 OK\nContent-Length: 2\n\nhi' },
  'a bare carriage return in a head': { raw: `${OK}x-a: a\rb\r\n${HI}` },
  'an empty line before the status line': { raw: `\r\n${OK}${HI}` },
  'a head of 80 KiB': { raw: `${OK}x-a: ${'a'.repeat(80 * 1024)}\r\n${HI}` },
  'a head of 30 KiB': { raw: `${OK}x-a: ${'a'.repeat(30 * 1024)}\r\n${HI}` },
  'another protocol': { raw: 'SSH-2.0-OpenSSH_9.2\r\n', then: 'end' },
  'another version': { raw: `HTTP/2.0 200 OK\r\n${HI}` },
  'a status of four digits': { raw: `HTTP/1.1 2000 OK\r\n${HI}` },
  'a status of two digits': { raw: `HTTP/1.1 20 OK\r\n${HI}` },
};

const response = (body: string, headers: Response['headers']): Response => ({ status: 200, headers, body });
const LENGTH_2 = { 'content-length': ['2'] };

/** The intended differences between the two clients, each with its reason. */
const DIFFERENCES: Readonly<
  Record<string, { readonly ours: Outcome; readonly undici: Outcome; readonly reason: string }>
> = {
  'whitespace around a value': {
    ours: response('hi', { 'x-a': ['b'], ...LENGTH_2 }),
    undici: response('hi', { 'x-a': ['b \t'], ...LENGTH_2 }),
    reason: 'whitespace after a value is not part of it (RFC 9112, 5.1)',
  },
  '100 before 200': {
    ours: response('hi', LENGTH_2),
    undici: 'no response',
    reason: 'clients must accept interim responses that they did not expect (RFC 9110, 15.2)',
  },
  'no length, until the connection ends': {
    ours: 'no response',
    undici: response('hello', {}),
    reason: 'a truncated body would look complete (RFC 9112, 8); S3 always sends a length or chunks',
  },
  'another transfer coding': {
    ours: 'no response',
    undici: response('', { 'transfer-encoding': ['gzip, chunked'] }),
    reason: 'a client that sends no TE decodes only chunked (RFC 9112, 7.4)',
  },
  'chunked coding in HTTP/1.0': {
    ours: 'no response',
    undici: response('', { 'transfer-encoding': ['chunked'] }),
    reason: 'the framing of such a message is invalid (RFC 9112, 6.1)',
  },
  'an empty line before the status line': {
    ours: 'no response',
    undici: response('hi', LENGTH_2),
    reason: 'only servers may skip empty lines, before a request (RFC 9112, 2.2)',
  },
  'a head of 30 KiB': {
    ours: response('hi', { 'x-a': ['a'.repeat(30 * 1024)], ...LENGTH_2 }),
    undici: 'no response',
    reason: "this client accepts heads of up to 64 KiB, and undici by default Node's 16 KiB (RFC 9112, 5)",
  },
  'another version': {
    ours: 'no response',
    undici: response('hi', LENGTH_2),
    reason: 'only HTTP/1.x messages have this syntax (RFC 9112, 2.3)',
  },
};

let s3: StandIn;

const TIMEOUT_MS = 2_000;

async function byOurs(path: string, method: 'GET' | 'HEAD'): Promise<Outcome> {
  const transport = createTransport({ stallMs: TIMEOUT_MS });
  try {
    const headers = ['host', 'localhost'];
    const sent = transport.send(s3.origin, { method, path, headers, cancellation: createCancellation() });
    const response = await sent.catch(() => undefined);
    if (response === undefined) return 'no response';
    const chunks: Buffer[] = [];
    const { promise, resolve } = Promise.withResolvers<boolean>();
    response.pipe({
      write: (chunk) => chunks.push(chunk) > 0,
      end: () => {
        resolve(true);
      },
      fail: () => {
        resolve(false);
      },
    });
    if (!(await promise)) return 'body failed';
    const byName: Record<string, string[]> = {};
    for (let i = 0; i < response.headers.length; i += 2)
      (byName[(response.headers[i] ?? '').toLowerCase()] ??= []).push(response.headers[i + 1] ?? '');
    return { status: response.status, headers: byName, body: Buffer.concat(chunks).toString('latin1') };
  } finally {
    transport.close();
  }
}

async function byUndici(path: string, method: 'GET' | 'HEAD'): Promise<Outcome> {
  const client = new Client(s3.origin, { headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });
  try {
    const response = await client.request({ method, path }).catch(() => undefined);
    if (response === undefined) return 'no response';
    const body = await response.body.bytes().catch(() => undefined);
    if (body === undefined) return 'body failed';
    const headers = Object.entries(response.headers).map(([name, value = []]) => [
      name,
      typeof value === 'string' ? [value] : value,
    ]);
    return {
      status: response.statusCode,
      headers: Object.fromEntries(headers) as Response['headers'],
      body: Buffer.from(body).toString('latin1'),
    };
  } finally {
    await client.destroy();
  }
}

describe('a raw response', () => {
  before(async () => {
    s3 = await startStandIn(({ socket, url = '' }) => {
      const { raw = '', then } = Object.values(CASES)[Number(url.slice(1))] ?? {};
      socket.write(raw, 'latin1', () => {
        if (then === 'end') socket.end();
        // The delay lets the client read the previous bytes before the reset.
        if (then === 'reset') setTimeout(() => socket.resetAndDestroy(), 50);
      });
    });
  });
  after(() => {
    s3.close();
  });

  for (const [index, [name, { method = 'GET' }]] of Object.entries(CASES).entries()) {
    const difference = DIFFERENCES[name];
    if (difference === undefined) {
      it(`is read identically by the bridge's client and undici: ${name}`, async () => {
        assert.deepEqual(await byOurs(`/${index}`, method), await byUndici(`/${index}`, method));
      });
    } else {
      it(`is deliberately read differently than by undici: ${name} (${difference.reason})`, async () => {
        assert.deepEqual(await byOurs(`/${index}`, method), difference.ours);
        assert.deepEqual(await byUndici(`/${index}`, method), difference.undici);
      });
    }
  }

  it('is in the test cases for each intended difference between the clients', () => {
    assert.deepEqual(
      Object.keys(DIFFERENCES).filter((name) => CASES[name] === undefined),
      [],
    );
  });
});
