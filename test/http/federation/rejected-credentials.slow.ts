// Where S3 no longer takes the credentials, the bridge renews them once and tries once more; the caller sees only the outcome.
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
    // Another one each time, as a caller has a few renewals only.
    callers += 1;
    headers = asAccount(wire, callers);
    assert.equal((await wire.get(READABLE, { headers })).status, 200);
  });
  after(() => wire.close());

  /** @returns how often STS and S3 were asked */
  const asked = async (): Promise<{ sts: number; s3: number }> => ({
    sts: (await sessionsAtSts(wire)).length,
    s3: (await wire.calls('s3')).length,
  });

  for (const code of CODES) {
    it(`once, as ${code}, are replaced without the caller's notice`, async () => {
      await wire.forgetCalls();
      await wire.fault({ supplier: 's3', fault: 'error', code, times: 1 });
      const reply = await wire.get(READABLE, { headers });
      assert.equal(reply.status, 200);
      assert.match(reply.text, /,/);
      assert.deepEqual(await asked(), { sts: 1, s3: 2 });
      const keys = (await wire.calls('s3')).map(({ accessKeyId }) => accessKeyId);
      assert.notEqual(keys[0], keys[1], 'the second request is signed with the new credentials');
    });
  }

  for (const code of ['ExpiredToken', 'InvalidAccessKeyId'] as const) {
    it(`always, as ${code}, are 503 after one renewal and one more try`, async () => {
      await wire.forgetCalls();
      await wire.fault({ supplier: 's3', fault: 'error', code });
      const reply = await wire.get(READABLE, { headers });
      await wire.clearFaults();
      assert.equal(reply.status, 503);
      assert.equal(reply.code, 'ServiceUnavailable', "S3's code is about us, not about the caller");
      assert.equal(reply.headers['retry-after'], '1');
      assert.equal(reply.headers['x-fedbridge-error'], 'upstream_failed');
      assert.deepEqual(await asked(), { sts: 1, s3: 2 });
      const id = reply.headers['x-request-id'];
      const line = await wire.bridge.line(({ requestId }) => requestId === id);
      assert.equal(line['fault'], 's3_credentials_rejected');
      assert.equal((line['cause'] as Record<string, unknown>)['s3Code'], code);
      assert.equal((await wire.get(READABLE, { headers })).status, 200, 'and the next request is served');
    });
  }

  it('are replaced for HEAD too, whose refusal has no code', async () => {
    await wire.forgetCalls();
    await wire.fault({ supplier: 's3', fault: 'error', code: 'ExpiredToken', times: 1 });
    assert.equal((await wire.get(READABLE, { headers, method: 'HEAD' })).status, 200);
    assert.deepEqual(await asked(), { sts: 1, s3: 2 });
  });
});

describe('credentials that S3 rejects for many requests at once', () => {
  it('are replaced once for all of them', async (test) => {
    const wire = await startClockedWire({ config: openToProject() });
    test.after(() => wire.close());
    const headers = asAccount(wire, 1);
    assert.equal((await wire.get(READABLE, { headers })).status, 200);
    await wire.forgetCalls();
    await wire.setClocks(PATIENT);
    await wire.fault({ supplier: 's3', fault: 'error', code: 'ExpiredToken', times: AT_ONCE });
    await wire.fault({ supplier: 'sts', fault: 'hold' });
    const asked = Array.from({ length: AT_ONCE }, () => wire.get(READABLE, { headers }));
    await until('S3 has rejected them all', async () => (await wire.calls('s3')).length === AT_ONCE);
    await wire.clearFaults();
    const replies = await Promise.all(asked);
    assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]));
    assert.equal((await sessionsAtSts(wire)).length, 1);
    assert.equal((await wire.calls('s3')).length, 2 * AT_ONCE);
  });
});

describe('a read that S3 denies without a reason', () => {
  it('renews once for each caller, as its session may have been revoked', async (test) => {
    const wire = await startWire({ config: openToProject() });
    test.after(() => wire.close());
    const [first, second] = [asAccount(wire, 1), asAccount(wire, 2)];
    for (const headers of [first, second]) assert.equal((await wire.get(READABLE, { headers })).status, 200);
    await wire.fault({ supplier: 's3', fault: 'error', code: 'AccessDenied' });
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
