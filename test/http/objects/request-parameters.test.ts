// The bridge passes GetObject's parameters to S3 unchanged: part number, response overrides, checksum mode and the caller's own
// encryption key.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const KEY = '/acme-lake/raw/public/p.txt';
const SSE_KEY = 'bm90LWEtcmVhbC1rZXktYnV0LWFzLWxvbmctYXMtMzI=';

describe('a GetObject request', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire();
    await wire.put('raw/public/p.txt', 'parameters', {
      ContentType: 'text/plain',
      ChecksumAlgorithm: 'SHA256',
    });
  });
  after(() => wire.close());

  it('with partNumber returns only that part, as does HEAD', async () => {
    for (const method of ['GET', 'HEAD']) {
      const part = await wire.get(`${KEY}?partNumber=1`, { as: 'reader', method });
      assert.deepEqual([part.status, part.headers['content-range']], [206, 'bytes 0-9/10']);
      const none = await wire.get(`${KEY}?partNumber=2`, { as: 'reader', method });
      assert.equal(none.status, 416);
    }
    assert.equal((await wire.get(`${KEY}?partNumber=2`, { as: 'reader' })).code, 'InvalidPartNumber');
  });

  it('can replace a response header with a response-… parameter', async () => {
    for (const [name, value] of [
      ['cache-control', 'no-cache'],
      ['content-disposition', 'attachment; filename="a+b é.txt"'.replace('é', 'e')],
      ['content-encoding', 'zstd'],
      ['content-language', 'fr'],
      ['content-type', 'application/json'],
      ['expires', 'Thu, 01 Dec 2044 16:00:00 GMT'],
    ] as const) {
      const reply = await wire.get(`${KEY}?response-${name}=${encodeURIComponent(value)}`, { as: 'reader' });
      assert.equal(reply.status, 200);
      assert.equal(reply.headers[name], value);
      assert.equal(reply.text, 'parameters');
    }
  });

  it("returns S3's 400 if a response-… parameter is not a valid header value", async () => {
    for (const value of ['attachment; filename="日本.txt"', 'a\r\nb']) {
      const path = `${KEY}?response-content-disposition=${encodeURIComponent(value)}`;
      const reply = await wire.get(path, { as: 'reader' });
      assert.deepEqual([reply.status, reply.code], [400, 'InvalidArgument']);
    }
  });

  it('returns a checksum only if x-amz-checksum-mode requests it', async () => {
    const headers = { 'x-amz-checksum-mode': 'ENABLED' };
    const checked = await wire.get(KEY, { as: 'reader', headers });
    assert.match(checked.headers['x-amz-checksum-sha256']?.toString() ?? '', /^[\w+/]{43}=$/);
    assert.equal(checked.headers['x-amz-checksum-type'], 'FULL_OBJECT');
    assert.equal((await wire.get(KEY, { as: 'reader' })).headers['x-amz-checksum-sha256'], undefined);
  });

  it('is sent to S3 without x-id, which is not an S3 parameter', async () => {
    await wire.forgetCalls();
    assert.equal((await wire.get(`${KEY}?x-id=GetObject`, { as: 'reader' })).text, 'parameters');
    assert.equal((await wire.calls('s3'))[0]?.['path'], KEY);
  });

  it("is sent to S3 with the caller's encryption key, which is never logged", async () => {
    await wire.forgetCalls();
    const sent = {
      'x-amz-server-side-encryption-customer-algorithm': 'AES256',
      'x-amz-server-side-encryption-customer-key': SSE_KEY,
      'x-amz-server-side-encryption-customer-key-md5': 'DWygnHRtgiJ77HCm+1rvHw==',
    };
    const reply = await wire.get(KEY, { as: 'reader', headers: sent });
    assert.deepEqual(
      [reply.status, reply.code],
      [400, 'InvalidRequest'],
      'the object was stored without a key',
    );
    const [call] = await wire.calls('s3');
    const headers = call?.['headers'] as Record<string, string>;
    for (const [name, value] of Object.entries(sent)) assert.equal(headers[name], value);
    await wire.bridge.line(({ status }) => status === 400);
    assert.ok(!wire.bridge.output().includes(SSE_KEY));
    assert.ok(!reply.text.includes(SSE_KEY));
  });

  it("is sent to S3 with the caller's upload-only encryption headers, so that S3 rejects it", async () => {
    const sent = {
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'alias/a',
      'x-amz-server-side-encryption-context': 'e30=',
      'x-amz-server-side-encryption-bucket-key-enabled': 'true',
    };
    await wire.forgetCalls();
    const reply = await wire.get(KEY, { as: 'reader', headers: sent });
    assert.deepEqual([reply.status, reply.code], [400, 'InvalidArgument']);
    assert.equal((await wire.get(KEY, { as: 'reader', headers: sent, method: 'HEAD' })).status, 400);
    const [call] = await wire.calls('s3');
    const headers = call?.['headers'] as Record<string, string>;
    for (const [name, value] of Object.entries(sent)) assert.equal(headers[name], value);
  });

  it('is sent to S3 without any other upload headers', async () => {
    await wire.forgetCalls();
    const headers = { 'x-amz-acl': 'public-read', 'x-amz-object-lock-mode': 'GOVERNANCE' };
    assert.equal((await wire.get(KEY, { as: 'reader', headers })).status, 200);
    const [call] = await wire.calls('s3');
    for (const name of Object.keys(headers))
      assert.equal((call?.['headers'] as Record<string, string>)[name], undefined);
  });
});
