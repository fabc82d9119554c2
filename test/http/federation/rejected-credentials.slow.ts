// If S3 rejects the credentials, the bridge renews them once and retries the request once. The caller sees only the final
// response.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { PATIENT, startClockedWire } from '../../support/faked-clock.ts';
import { asAccount, openToProject, READABLE, sessionsAtSts } from '../../support/sessions-at-sts.ts';
import { until } from '../../support/until.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const CODES = ['ExpiredToken', 'InvalidToken', 'InvalidAccessKeyId', 'SignatureDoesNotMatch'] as const;

const AT_ONCE = 20;

describe('credentials that S3 rejects', () => {
  let wire: Wire;
  let headers: Record<string, string>;
  let callers = 0;
  before(async () => {
    wire = await startWire({ config: openToProject() });
  });
  beforeEach(async () => {
    // Each test uses a new caller, because the bridge limits the number of renewals per caller.
    callers += 1;
    headers = asAccount(wire, callers);
    assert.equal((await wire.get(READABLE, { headers })).status, 200);
  });
  after(() => wire.close());

  /** @returns the number of calls to STS and S3 */
  const calls = async (): Promise<{ sts: number; s3: number }> => ({
    sts: (await sessionsAtSts(wire)).length,
    s3: (await wire.calls('s3')).length,
  });

  for (const code of CODES) {
    it(`are replaced after one ${code}, and the caller is served`, async () => {
      await wire.forgetCalls();
      await wire.fault({ upstream: 's3', fault: 'error', code, times: 1 });
      const reply = await wire.get(READABLE, { headers });
      assert.equal(reply.status, 200);
      assert.match(reply.text, /,/);
      assert.deepEqual(await calls(), { sts: 1, s3: 2 });
      const keys = (await wire.calls('s3')).map(({ accessKeyId }) => accessKeyId);
      assert.notEqual(keys[0], keys[1], 'the second request is signed with the new credentials');
    });
  }

  for (const code of ['ExpiredToken', 'InvalidAccessKeyId'] as const) {
    it(`cause a 503 after one renewal and one retry if S3 keeps returning ${code}`, async () => {
      await wire.forgetCalls();
      await wire.fault({ upstream: 's3', fault: 'error', code });
      const reply = await wire.get(READABLE, { headers });
      await wire.clearFaults();
      assert.equal(reply.status, 503);
      assert.equal(reply.code, 'ServiceUnavailable', "S3's code is about the bridge, not about the caller");
      assert.equal(reply.headers['retry-after'], '1');
      assert.equal(reply.headers['x-fedbridge-error'], 'upstream_failed');
      assert.deepEqual(await calls(), { sts: 1, s3: 2 });
      const id = reply.headers['x-request-id'];
      const line = await wire.bridge.line(({ requestId }) => requestId === id);
      assert.equal(line['fault'], 's3_credentials_rejected');
      assert.equal((line['cause'] as Record<string, unknown>)['s3Code'], code);
      assert.equal((await wire.get(READABLE, { headers })).status, 200, 'the next request is served');
    });
  }

  it('are also replaced for HEAD, whose error response has no code', async () => {
    await wire.forgetCalls();
    await wire.fault({ upstream: 's3', fault: 'error', code: 'ExpiredToken', times: 1 });
    assert.equal((await wire.get(READABLE, { headers, method: 'HEAD' })).status, 200);
    assert.deepEqual(await calls(), { sts: 1, s3: 2 });
  });
});

describe('many concurrent requests with credentials that S3 rejects', () => {
  it('cause only one renewal', async (test) => {
    const wire = await startClockedWire({ config: openToProject() });
    test.after(() => wire.close());
    const headers = asAccount(wire, 1);
    assert.equal((await wire.get(READABLE, { headers })).status, 200);
    await wire.forgetCalls();
    await wire.setClocks(PATIENT);
    await wire.fault({ upstream: 's3', fault: 'error', code: 'ExpiredToken', times: AT_ONCE });
    await wire.fault({ upstream: 'sts', fault: 'hold' });
    const requests = Array.from({ length: AT_ONCE }, () => wire.get(READABLE, { headers }));
    await until('S3 has rejected them all', async () => (await wire.calls('s3')).length === AT_ONCE);
    await wire.clearFaults();
    const replies = await Promise.all(requests);
    assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]));
    assert.equal((await sessionsAtSts(wire)).length, 1);
    assert.equal((await wire.calls('s3')).length, 2 * AT_ONCE);
  });
});

describe('a read that S3 denies without giving a reason', () => {
  it("causes one renewal of each caller's session, because the session might have been revoked", async (test) => {
    const wire = await startWire({ config: openToProject() });
    test.after(() => wire.close());
    const [first, second] = [asAccount(wire, 1), asAccount(wire, 2)];
    for (const headers of [first, second]) assert.equal((await wire.get(READABLE, { headers })).status, 200);
    await wire.fault({ upstream: 's3', fault: 'error', code: 'AccessDenied' });
    await wire.forgetCalls();
    for (const headers of [first, first, second, first]) {
      const reply = await wire.get(READABLE, { headers });
      assert.equal(reply.status, 403);
      assert.equal(reply.code, 'AccessDenied');
    }
    assert.equal((await sessionsAtSts(wire)).length, 2);
    assert.equal((await wire.calls('s3')).length, 6);
  });
});
