// If-Range, which S3 does not know: a part where the object is still the one that was begun, else the whole.
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

  /** Status, bytes, and how often S3 was asked. */
  const asked = async (headers: Record<string, string>, method = 'GET'): Promise<unknown[]> => {
    await wire.forgetCalls();
    const reply = await wire.get(KEY, { as: 'reader', method, headers: { range: 'bytes=5-', ...headers } });
    const calls = await wire.calls('s3');
    for (const call of calls)
      assert.equal((call['headers'] as Record<string, string>)['if-range'], undefined);
    return [reply.status, method === 'HEAD' ? reply.headers['content-length'] : reply.text, calls.length];
  };

  it('with the object’s ETag gives the part', async () => {
    assert.deepEqual(await asked({ 'if-range': etag }), [206, '56789', 1]);
    assert.deepEqual(await asked({ 'if-range': etag }, 'HEAD'), [206, '5', 1]);
  });
  it('with another ETag gives the whole', async () => {
    assert.deepEqual(await asked({ 'if-range': '"other"' }), [200, '0123456789', 2]);
    assert.deepEqual(await asked({ 'if-range': '"other"' }, 'HEAD'), [200, '10', 2]);
  });
  it('with what is too weak to compare gives the whole at once', async () => {
    for (const weak of [`W/${etag}`, modified, LONG_AGO, 'unquoted', '"a", "b"', '*']) {
      assert.deepEqual(await asked({ 'if-range': weak }), [200, '0123456789', 1], weak);
    }
  });
  it('with If-Match beside it leaves the decision to If-Match', async () => {
    assert.deepEqual(await asked({ 'if-range': etag, 'if-match': etag }), [200, '0123456789', 1]);
    assert.equal((await asked({ 'if-range': etag, 'if-match': '"other"' }))[0], 412);
  });
  it('does not undo If-Unmodified-Since', async () => {
    assert.equal((await asked({ 'if-range': etag, 'if-unmodified-since': LONG_AGO }))[0], 412);
    assert.deepEqual(await asked({ 'if-range': etag, 'if-unmodified-since': modified }), [
      200,
      '0123456789',
      1,
    ]);
  });
  it('comes behind If-None-Match', async () => {
    assert.equal((await asked({ 'if-range': etag, 'if-none-match': etag }))[0], 304);
    assert.equal((await asked({ 'if-range': '"other"', 'if-none-match': etag }))[0], 304);
    assert.deepEqual(await asked({ 'if-range': etag, 'if-none-match': '"other"' }), [206, '56789', 1]);
  });
  it('means nothing without a range', async () => {
    await wire.forgetCalls();
    const reply = await wire.get(KEY, { as: 'reader', headers: { 'if-range': '"other"' } });
    assert.deepEqual([reply.status, reply.text, (await wire.calls('s3')).length], [200, '0123456789', 1]);
  });
  it('of a part that is not there is 416 while the object is the same', async () => {
    assert.equal((await asked({ 'if-range': etag, range: 'bytes=10-' }))[0], 416);
    assert.equal((await asked({ 'if-range': '"other"', range: 'bytes=10-' }))[0], 200);
  });
  it('of an object that is gone is 404', async () => {
    const headers = { range: 'bytes=5-', 'if-range': etag };
    const reply = await wire.get('/acme-lake/raw/public/absent.txt', { as: 'reader', headers });
    assert.equal(reply.status, 404);
  });
});
