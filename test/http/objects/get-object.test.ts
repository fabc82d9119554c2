// A GET returns the object as S3 does: status, headers and bytes.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

describe('a read', () => {
  let wire: Wire;
  const body = randomBytes(300_000);
  before(async () => {
    wire = await startWire();
    await wire.put('raw/public/blob.bin', body, {
      ContentType: 'application/x-blob',
      CacheControl: 'max-age=60',
      ContentLanguage: 'en',
      ContentDisposition: 'attachment; filename="blob.bin"',
      ContentEncoding: 'zstd',
      Metadata: { 'order-id': '42' },
    });
  });
  after(() => wire.close());

  it('returns bytes, type, ETag and user metadata', async () => {
    const reply = await wire.get('/acme-lake/raw/public/blob.bin', { as: 'reader' });
    assert.equal(reply.status, 200);
    assert.ok(reply.body.equals(body));
    const { headers } = reply;
    assert.equal(headers['content-length'], '300000');
    assert.equal(headers['content-type'], 'application/x-blob');
    assert.equal(headers['cache-control'], 'max-age=60');
    assert.equal(headers['content-language'], 'en');
    assert.equal(headers['content-encoding'], 'zstd');
    assert.equal(headers['content-disposition'], 'attachment; filename="blob.bin"');
    assert.equal(headers['x-amz-meta-order-id'], '42');
    assert.match(headers.etag ?? '', /^"[0-9a-f]{32}"$/);
    assert.ok(headers['last-modified']);
    assert.ok(headers['x-amz-request-id'], "S3's request ID, for AWS support");
    assert.ok(headers['x-request-id'], "the bridge's request ID, for the operator");
    assert.equal(headers['x-powered-by'], undefined);
  });

  it('by HEAD returns only the headers', async () => {
    const reply = await wire.get('/acme-lake/raw/public/blob.bin', { as: 'reader', method: 'HEAD' });
    assert.equal(reply.status, 200);
    assert.equal(reply.body.length, 0);
    assert.equal(reply.headers['content-length'], '300000');
    assert.equal(reply.headers['x-amz-meta-order-id'], '42');
  });

  it('of a range returns 206 and that range', async () => {
    for (const [range, from, to] of [
      ['bytes=100-199', 100, 200],
      ['bytes=299990-', 299_990, 300_000],
      ['bytes=-10', 299_990, 300_000],
      ['bytes=0-299999', 0, 300_000],
    ] as const) {
      const reply = await wire.get('/acme-lake/raw/public/blob.bin', { as: 'reader', headers: { range } });
      assert.equal(reply.status, 206, range);
      assert.equal(reply.headers['content-range'], `bytes ${from}-${to - 1}/300000`);
      assert.ok(reply.body.equals(body.subarray(from, to)), range);
    }
  });

  it("of a range beyond the end returns 416 with the object's size", async () => {
    const reply = await wire.get('/acme-lake/raw/public/blob.bin', {
      as: 'reader',
      headers: { range: 'bytes=300000-' },
    });
    assert.equal(reply.status, 416);
    assert.equal(reply.code, 'InvalidRange');
    assert.match(reply.text, /<ActualObjectSize>300000<\/ActualObjectSize>/);
    assert.equal(reply.headers['x-fedbridge-error'], 'invalid_request');
  });

  it("with conditions returns S3's 304 or 412", async () => {
    const { headers } = await wire.get('/acme-lake/raw/public/blob.bin', { as: 'reader', method: 'HEAD' });
    const etag = headers.etag ?? '';
    const status = async (conditions: Record<string, string>): Promise<number> =>
      (await wire.get('/acme-lake/raw/public/blob.bin', { as: 'reader', headers: conditions })).status;
    assert.equal(await status({ 'if-none-match': etag }), 304);
    assert.equal(await status({ 'if-none-match': '"other"' }), 200);
    assert.equal(await status({ 'if-match': etag }), 200);
    assert.equal(await status({ 'if-match': '"other"' }), 412);
    assert.equal(await status({ 'if-modified-since': headers['last-modified'] ?? '' }), 304);
    assert.equal(await status({ 'if-unmodified-since': 'Sat, 01 Jan 2000 00:00:00 GMT' }), 412);
  });

  it("of a missing object returns 404 NoSuchKey with the bridge's message", async () => {
    const reply = await wire.get('/acme-lake/raw/none.csv', { as: 'reader' });
    assert.equal(reply.status, 404);
    assert.equal(reply.code, 'NoSuchKey');
    assert.equal(reply.headers['x-fedbridge-error'], 'not_found');
    assert.match(reply.text, /The object does not exist\./);
    const head = await wire.get('/acme-lake/raw/none.csv', { as: 'reader', method: 'HEAD' });
    assert.equal(head.status, 404);
    assert.equal(head.body.length, 0);
  });

  it("passes only the caller's range and condition headers to S3", async () => {
    await wire.forgetCalls();
    await wire.get('/acme-lake/raw/public/blob.bin', {
      as: 'reader',
      headers: {
        cookie: 'a=b',
        'x-forwarded-for': '10.0.0.1',
        'accept-encoding': 'gzip',
        'x-amz-request-payer': 'requester',
        range: 'bytes=0-0',
      },
    });
    const [call] = await wire.calls('s3');
    const headers = Object.keys(call?.['headers'] as object).sort();
    assert.deepEqual(headers, ['host', 'range', 'user-agent', 'x-amz-content-sha256', 'x-amz-date']);
  });
});
