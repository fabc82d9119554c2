// For an object larger than `responses.chunkAbove` (32,000,000 bytes on Cloud Run), the response has the length in
// x-fedbridge-object-length instead of Content-Length.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const SIZE = 32_000_001;

describe('a bridge on Cloud Run', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({
      environment: { K_SERVICE: 'lake-bridge', K_REVISION: 'lake-bridge-00001-abc' },
    });
    await wire.put('big', Buffer.alloc(SIZE));
  });
  after(() => wire.close());

  it('sends a response of 32,000,001 bytes in chunks', async () => {
    const reply = await wire.get('/acme-lake/big', { as: 'reader' });
    assert.equal(reply.body.length, SIZE);
    assert.equal(reply.headers['content-length'], undefined);
    assert.equal(reply.headers['transfer-encoding'], 'chunked');
    assert.equal(reply.headers['x-fedbridge-object-length'], String(SIZE));
  });
  it('sends a Content-Length in response to HEAD for an object of 32,000,001 bytes', async () => {
    const reply = await wire.get('/acme-lake/big', { as: 'reader', method: 'HEAD' });
    assert.equal(reply.headers['content-length'], String(SIZE));
  });
  it('sends a response of 32,000,000 bytes without chunking', async () => {
    const reply = await wire.get('/acme-lake/big', { as: 'reader', headers: { range: 'bytes=0-31999999' } });
    assert.equal(reply.status, 206);
    assert.equal(reply.headers['content-length'], '32000000');
  });
});
