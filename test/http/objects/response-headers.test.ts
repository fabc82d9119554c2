// S3's headers reach the caller unchanged, except headers about the connection or the AWS account. No body is re-encoded.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { configured } from '../../support/configuration.ts';
import { request } from '../../support/http-request.ts';
import { http2Request } from '../../support/http2-request.ts';
import { startStandIn } from '../../support/stand-in.ts';
import type { StandIn } from '../../support/stand-in.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const GZIPPED = gzipSync('a body that was stored compressed');

/** S3's headers in Latin-1, the encoding that Node expects for header values. Some bytes are neither ASCII nor UTF-8. */
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
  'x-amz-meta-twice',
  'first',
  'x-amz-meta-twice',
  'second',
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
  'x-amz-server-side-encryption-aws-kms-key-id',
  'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  'x-amz-security-token',
  'session-token',
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

const PASSED_ON = [
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
  'x-amz-meta-twice',
  'x-amz-missing-meta',
  'x-amz-storage-class',
  'x-amz-restore',
  'x-amz-checksum-crc64nvme',
  'x-amz-of-the-future',
  'x-amz-id-2',
];
/** Headers that the bridge adds, including those for its own connection to the caller. */
const ADDED = ['connection', 'date', 'keep-alive', 'vary', 'x-request-id'];

function pairsOf(raw: readonly string[], names: readonly string[]): string[] {
  const pairs: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    if (names.includes(name)) pairs.push(`${name}: ${raw[i + 1] ?? ''}`);
  }
  return pairs.sort();
}

describe("S3's response", () => {
  let wire: Wire;
  let s3: StandIn;
  before(async () => {
    // Writes to a raw socket, because Node's HTTP server rejects some of these headers.
    s3 = await startStandIn(({ method, url, socket }) => {
      const lines = S3_SENDS.map((part, i) => (i % 2 === 0 ? `\r\n${part}: ` : part));
      if (url?.endsWith('/twice') === true) lines.push('\r\nExpires: never');
      socket.write(`HTTP/1.1 200 OK${lines.join('')}\r\n\r\n`, 'latin1');
      socket.end(method === 'HEAD' ? '' : GZIPPED);
    });
    wire = await startWire({
      config: configured({
        buckets: { 'acme-lake': `role: lake, endpoint: "${s3.origin}"` },
        grants: ['callers: ["project:acme-prod"], allow: [get], bucket: acme-lake'],
      }),
    });
  });
  after(async () => {
    await wire.close();
    s3.close();
  });

  for (const method of ['GET', 'HEAD']) {
    it(`to ${method} reaches the caller with only the allowed headers, unchanged`, async () => {
      const reply = await wire.get('/acme-lake/a', { as: 'reader', method });
      assert.deepEqual(pairsOf(reply.rawHeaders, PASSED_ON), pairsOf(S3_SENDS, PASSED_ON));
      const others = Object.keys(reply.headers).filter((name) => !PASSED_ON.includes(name));
      assert.deepEqual(
        others.filter((name) => !ADDED.includes(name)),
        [],
      );
      assert.notEqual(reply.headers['keep-alive'], 'timeout=77');
    });
  }

  it('has the same headers over HTTP/2 as over HTTP/1', async () => {
    const headers = { authorization: `Bearer ${await wire.token('reader')}` };
    const reply = await http2Request(wire.bridge.url, '/acme-lake/a', { headers });
    assert.deepEqual(pairsOf(reply.rawHeaders, PASSED_ON), pairsOf(S3_SENDS, PASSED_ON));
    assert.ok(reply.body.equals(GZIPPED));
  });

  for (const send of [request, http2Request]) {
    it(`is accepted even if it repeats a header that should occur only once (${send.name})`, async () => {
      const headers = { authorization: `Bearer ${await wire.token('reader')}` };
      const { rawHeaders } = await send(wire.bridge.url, '/acme-lake/twice', { headers });
      assert.deepEqual(pairsOf(rawHeaders, ['expires']), ['expires: never', 'expires: whenever it suits']);
    });
  }

  for (const accepted of [undefined, 'identity', 'gzip, br', '*;q=0']) {
    it(`stays compressed with gzip, whatever Accept-Encoding the caller sends (${accepted ?? 'none'})`, async () => {
      const headers: Record<string, string> = accepted === undefined ? {} : { 'accept-encoding': accepted };
      const reply = await wire.get('/acme-lake/a', { as: 'reader', headers });
      assert.ok(reply.body.equals(GZIPPED));
      assert.equal(reply.headers['content-encoding'], 'gzip');
      assert.doesNotMatch(s3.asked.at(-1)?.rawHeaders.join('\n') ?? assert.fail(), /accept-encoding/i);
    });
  }
});

describe('user metadata', () => {
  it('that is not ASCII arrives as S3 sends it, encoded according to RFC 2047', async (test) => {
    const wire = await startWire();
    test.after(() => wire.close());
    await wire.put('raw/public/meta.txt', 'meta', { Metadata: { ville: 'Orléans', plain: 'Paris' } });
    const { headers } = await wire.get('/acme-lake/raw/public/meta.txt', { as: 'reader' });
    assert.match(String(headers['x-amz-meta-ville']), /^=\?UTF-8\?B\?[\w+/=]+\?=$/);
    assert.equal(headers['x-amz-meta-plain'], 'Paris');
  });
});
