// S3's headers reach the caller byte for byte, those that are the connection's or the account's do not, and no body is re-encoded.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { configured } from '../../support/configuration.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const GZIPPED = gzipSync('a body that was stored compressed');

/** Latin-1, as Node takes header values: bytes that are no ASCII, and no UTF-8 either. */
const S3_SENDS = [
  'Content-Type',
  'text/plain; charset=utf-8',
  'ETag',
  '"5d41402a-3"',
  'Expires',
  'whenever it suits',
  'Age',
  '7',
  'Content-Encoding',
  'gzip',
  'Content-Length',
  String(GZIPPED.length),
  'Cache-Control',
  'no-transform',
  'Content-Disposition',
  'attachment; filename="caf\xe9.txt"',
  'Content-Language',
  'fr, en',
  'Last-Modified',
  'Sun, 22 Nov 2026 12:00:00 GMT',
  'Accept-Ranges',
  'bytes',
  'x-amz-meta-Plain',
  'a  b',
  'x-amz-meta-bytes',
  '\xc3\xa9\xff',
  'x-amz-missing-meta',
  '2',
  'x-amz-storage-class',
  'INTELLIGENT_TIERING',
  'x-amz-restore',
  'ongoing-request="false"',
  'x-amz-checksum-crc64nvme',
  'AAAA',
  'x-amz-of-the-future',
  'yes',
  'x-amz-id-2',
  'host',
  'Set-Cookie',
  'a=b',
  'Set-Cookie',
  'c=d',
  'Server',
  'AmazonS3',
  'X-Powered-By',
  'S3',
  'Via',
  '1.1 s3',
  'x-amz-bucket-arn',
  'arn:aws:s3:::acme',
  'Strict-Transport-Security',
  'max-age=1',
  'Alt-Svc',
  'h3',
  'Connection',
  'close, x-amz-hop',
  'Keep-Alive',
  'timeout=77',
  'Proxy-Authenticate',
  'Basic',
  'Trailer',
  'x-end',
  'Access-Control-Allow-Origin',
  '*',
  'Location',
  'https://s3.example',
  'Refresh',
  '0',
];

const HANDED_ON = [
  'content-type',
  'etag',
  'expires',
  'content-encoding',
  'content-length',
  'cache-control',
  'content-disposition',
  'content-language',
  'last-modified',
  'accept-ranges',
  'x-amz-meta-plain',
  'x-amz-meta-bytes',
  'x-amz-missing-meta',
  'x-amz-storage-class',
  'x-amz-restore',
  'x-amz-checksum-crc64nvme',
  'x-amz-of-the-future',
  'x-amz-id-2',
];
/** The bridge's own: what it adds, and its own connection's. */
const OURS = ['connection', 'date', 'keep-alive', 'vary', 'x-request-id'];

function pairsOf(raw: readonly string[], names: readonly string[]): string[] {
  const pairs: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    if (names.includes(name)) pairs.push(`${name}: ${raw[i + 1] ?? ''}`);
  }
  return pairs.sort();
}

describe("S3's headers", () => {
  let wire: Wire;
  const asked: string[] = [];
  // Not Node's own HTTP server, which would not send all of these.
  const s3 = createServer((socket) => {
    socket.once('data', (request) => {
      asked.push(request.toString('latin1').toLowerCase());
      const lines = S3_SENDS.map((part, i) => (i % 2 === 0 ? `\r\n${part}: ` : part));
      socket.write(`HTTP/1.1 200 OK${lines.join('')}\r\n\r\n`, 'latin1');
      socket.end(request.toString('latin1').startsWith('HEAD') ? '' : GZIPPED);
    });
  });
  before(async () => {
    s3.listen(0, '127.0.0.1');
    await once(s3, 'listening');
    const { port } = s3.address() as AddressInfo;
    wire = await startWire({
      config: configured({
        buckets: { 'acme-lake': `role: lake, endpoint: "http://127.0.0.1:${port}"` },
        grants: ['callers: ["project:acme-prod"], allow: [get], bucket: acme-lake'],
      }),
    });
  });
  after(async () => {
    await wire.close();
    s3.close();
  });

  for (const method of ['GET', 'HEAD']) {
    it(`of ${method} come down as they are, and no others`, async () => {
      const reply = await wire.get('/acme-lake/a', { as: 'reader', method });
      assert.deepEqual(pairsOf(reply.rawHeaders, HANDED_ON), pairsOf(S3_SENDS, HANDED_ON));
      const others = Object.keys(reply.headers).filter((name) => !HANDED_ON.includes(name));
      assert.deepEqual(
        others.filter((name) => !OURS.includes(name)),
        [],
      );
      assert.notEqual(reply.headers['keep-alive'], 'timeout=77');
    });
  }

  for (const accepted of [undefined, 'identity', 'gzip, br', '*;q=0']) {
    it(`leave a gzipped object gzipped for Accept-Encoding: ${String(accepted)}`, async () => {
      const headers: Record<string, string> = accepted === undefined ? {} : { 'accept-encoding': accepted };
      const reply = await wire.get('/acme-lake/a', { as: 'reader', headers });
      assert.ok(reply.body.equals(GZIPPED));
      assert.equal(reply.headers['content-encoding'], 'gzip');
      assert.doesNotMatch(asked.at(-1) ?? '', /accept-encoding/);
    });
  }
});

describe('user metadata', () => {
  it('that is no ASCII comes as S3 writes it, in RFC 2047’s words', async (test) => {
    const wire = await startWire();
    test.after(() => wire.close());
    await wire.put('raw/public/meta.txt', 'meta', { Metadata: { ville: 'Orléans', plain: 'Paris' } });
    const { headers } = await wire.get('/acme-lake/raw/public/meta.txt', { as: 'reader' });
    assert.match(String(headers['x-amz-meta-ville']), /^=\?UTF-8\?B\?[\w+/=]+\?=$/);
    assert.equal(headers['x-amz-meta-plain'], 'Paris');
  });
});
