// STS is not called for every request, even if a caller sends unusual headers or S3 rejects all credentials.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startClockedWire, STOPPED } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';

describe('STS', () => {
  let wire: ClockedWire;
  before(async () => {
    wire = await startClockedWire();
    await wire.get('/acme-lake/README.txt', { as: 'reader' });
  });
  after(() => wire.close());

  it("is not called if a caller's headers could break the signature", async () => {
    await wire.forgetCalls();
    const spaces = { 'x-amz-checksum-mode': 'ENABLED  ENABLED' };
    const accent = { 'x-amz-checksum-mode': 'é' };
    await wire.get('/acme-lake/README.txt', { as: 'reader', headers: spaces });
    const refused = await wire.get('/acme-lake/README.txt', { as: 'reader', headers: accent });
    assert.equal(refused.status, 400);
    assert.equal(refused.code, 'InvalidArgument');
    assert.equal((await wire.calls('sts')).length, 0);
  });

  it('is called a limited number of times if S3 rejects all credentials', async () => {
    await wire.forgetCalls();
    // Stops the clock, because more calls are allowed as time passes.
    await wire.setClocks(STOPPED);
    await wire.fault({ upstream: 's3', fault: 'error', code: 'SignatureDoesNotMatch' });
    for (let i = 0; i < 40; i += 1) {
      const reply = await wire.get('/acme-lake/README.txt', { as: 'reader' });
      assert.equal(reply.status, 503);
    }
    await wire.clearFaults();
    await wire.setClocks({});
    const calls = (await wire.calls('sts')).length;
    assert.ok(calls >= 1 && calls <= 10, `${calls} calls for 40 requests`);
  });

  it("does not mask S3's error if it fails after a denied read", async () => {
    await wire.fault({ upstream: 's3', fault: 'error', code: 'AccessDenied' });
    await wire.fault({ upstream: 'sts', fault: 'error', code: 'Throttling' });
    const reply = await wire.get('/acme-lake/README.txt', { as: 'reader' });
    await wire.clearFaults();
    assert.equal(reply.status, 403);
    assert.equal(reply.headers['x-fedbridge-error'], 'upstream_denied');
  });
});
