// S3 does not support If-Range. The bridge returns the range if the object is unchanged, and the whole object otherwise.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const KEY = '/acme-lake/raw/public/resumed.txt';
const LONG_AGO = 'Sat, 01 Jan 2000 00:00:00 GMT';

describe('If-Range', () => {
  let wire: Wire;
  let etag: string;
  let modified: string;
  before(async () => {
    wire = await startWire();
    await wire.put('raw/public/resumed.txt', '0123456789');
    const { headers } = await wire.get(KEY, { as: 'reader', method: 'HEAD' });
    etag = headers.etag ?? '';
    modified = headers['last-modified'] ?? '';
  });
  after(() => wire.close());

  /** @returns the status, the body (for HEAD: its length) and the number of calls to S3 */
  const outcomeOf = async (headers: Record<string, string>, method = 'GET'): Promise<unknown[]> => {
    await wire.forgetCalls();
    const reply = await wire.get(KEY, { as: 'reader', method, headers: { range: 'bytes=5-', ...headers } });
    const calls = await wire.calls('s3');
    for (const call of calls)
      assert.equal((call['headers'] as Record<string, string>)['if-range'], undefined);
    return [reply.status, method === 'HEAD' ? reply.headers['content-length'] : reply.text, calls.length];
  };

  it("with the object's ETag returns the range", async () => {
    assert.deepEqual(await outcomeOf({ 'if-range': etag }), [206, '56789', 1]);
    assert.deepEqual(await outcomeOf({ 'if-range': etag }, 'HEAD'), [206, '5', 1]);
  });
  it('with a different ETag returns the whole object', async () => {
    assert.deepEqual(await outcomeOf({ 'if-range': '"other"' }), [200, '0123456789', 2]);
    assert.deepEqual(await outcomeOf({ 'if-range': '"other"' }, 'HEAD'), [200, '10', 2]);
  });
  it('with anything but a single strong ETag returns the whole object, with one call to S3', async () => {
    for (const weak of [`W/${etag}`, modified, LONG_AGO, 'unquoted', '"a", "b"', '*']) {
      assert.deepEqual(await outcomeOf({ 'if-range': weak }), [200, '0123456789', 1], weak);
    }
  });
  it('is ignored if If-Match is also sent, so the response is the whole object or 412', async () => {
    assert.deepEqual(await outcomeOf({ 'if-range': etag, 'if-match': etag }), [200, '0123456789', 1]);
    assert.equal((await outcomeOf({ 'if-range': etag, 'if-match': '"other"' }))[0], 412);
  });
  it('does not override If-Unmodified-Since', async () => {
    assert.equal((await outcomeOf({ 'if-range': etag, 'if-unmodified-since': LONG_AGO }))[0], 412);
    assert.deepEqual(await outcomeOf({ 'if-range': etag, 'if-unmodified-since': modified }), [
      200,
      '0123456789',
      1,
    ]);
  });
  it('is evaluated after If-None-Match', async () => {
    assert.equal((await outcomeOf({ 'if-range': etag, 'if-none-match': etag }))[0], 304);
    assert.equal((await outcomeOf({ 'if-range': '"other"', 'if-none-match': etag }))[0], 304);
    assert.deepEqual(await outcomeOf({ 'if-range': etag, 'if-none-match': '"other"' }), [206, '56789', 1]);
  });
  it('has no effect without a range', async () => {
    await wire.forgetCalls();
    const reply = await wire.get(KEY, { as: 'reader', headers: { 'if-range': '"other"' } });
    assert.deepEqual([reply.status, reply.text, (await wire.calls('s3')).length], [200, '0123456789', 1]);
  });
  it('with a range beyond the end returns 416 if the object is unchanged', async () => {
    assert.equal((await outcomeOf({ 'if-range': etag, range: 'bytes=10-' }))[0], 416);
    assert.equal((await outcomeOf({ 'if-range': '"other"', range: 'bytes=10-' }))[0], 200);
  });
  it('returns 404 if the object is missing', async () => {
    const headers = { range: 'bytes=5-', 'if-range': etag };
    const reply = await wire.get('/acme-lake/raw/public/absent.txt', { as: 'reader', headers });
    assert.equal(reply.status, 404);
  });
});
