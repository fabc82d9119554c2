// If AWS denies a renewal, the bridge does not retry it for every request, because a retry fails until someone fixes the cause.
// A renewal that fails for a transient reason is retried soon. The old credentials stay in use until their last minute.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { asTimelessAccount, startClockedWire, STOPPED } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { openToProject, READABLE, sessionsAtSts } from '../../support/sessions-at-sts.ts';
import { until } from '../../support/until.ts';

/** Seconds since the one-hour credentials were issued. The bridge renews the credentials in their last five to six minutes. */
const [NOT_YET, DUE, OVER] = [3200, 3400, 3560];
const REQUESTS = 100;

async function wireBeforeRenewal(): Promise<{
  readonly wire: ClockedWire;
  readonly get: () => Promise<number>;
}> {
  const wire = await startClockedWire({ config: openToProject() });
  const headers = asTimelessAccount(wire, 1);
  const get = async (): Promise<number> => (await wire.get(READABLE, { headers })).status;
  assert.equal(await get(), 200);
  await wire.forgetCalls();
  await wire.passed(NOT_YET);
  assert.equal(await get(), 200);
  assert.deepEqual(await sessionsAtSts(wire), [], 'nothing is due yet');
  return { wire, get };
}

describe('a denied renewal', () => {
  const codes = ['AccessDenied', 'RegionDisabledException', 'PackedPolicyTooLarge', 'ValidationError'];
  let wire: ClockedWire;
  const get = async (n: number): Promise<number> =>
    (await wire.get(READABLE, { headers: asTimelessAccount(wire, n) })).status;
  before(async () => {
    wire = await startClockedWire({ config: openToProject() });
    for (const n of codes.keys()) assert.equal(await get(n), 200);
    // Stops the clock, because more renewals would be allowed as time passes.
    await wire.passed(DUE, STOPPED);
  });
  after(() => wire.close());

  for (const [n, code] of codes.entries()) {
    // If the packed policy is too large, the bridge sends it again without its Deny statements.
    const callsEach = code === 'PackedPolicyTooLarge' ? 2 : 1;
    it(`with ${code} is not repeated for every request`, async () => {
      await wire.fault({ upstream: 'sts', fault: 'error', code });
      await wire.forgetCalls();
      const responded = async (): Promise<boolean> =>
        (await sessionsAtSts(wire)).filter(({ status }) => status !== null).length === callsEach;
      assert.equal(await get(n), 200);
      await until('the renewal is denied', responded);
      for (let i = 0; i < REQUESTS; i += 1) assert.equal(await get(n), 200);
      assert.equal((await sessionsAtSts(wire)).length, callsEach);
    });
  }
});

describe('a renewal', () => {
  it('that fails transiently is retried when a request arrives a few seconds later', async (test) => {
    const { wire, get } = await wireBeforeRenewal();
    test.after(() => wire.close());
    await wire.fault({ upstream: 'sts', fault: 'status', status: 503, times: 4 });
    await wire.passed(DUE);
    await until(
      'the fault is over, after two renewals of two attempts each, and the third succeeds',
      async () => {
        assert.equal(await get(), 200);
        return (await sessionsAtSts(wire)).some(({ status }) => status === 200);
      },
    );
    assert.equal((await sessionsAtSts(wire)).length, 5);
    const calls = (await wire.calls('sts')).length;
    for (let i = 0; i < REQUESTS / 10; i += 1) assert.equal(await get(), 200);
    assert.equal((await wire.calls('sts')).length, calls, 'no more calls after the renewal');
  });

  it('that keeps failing leaves the old credentials in use until their last minute', async (test) => {
    const { wire, get } = await wireBeforeRenewal();
    test.after(() => wire.close());
    await wire.fault({ upstream: 'sts', fault: 'error', code: 'AccessDenied' });
    await wire.passed(3530);
    assert.equal(await get(), 200);
    const line = await wire.bridge.line(({ message }) => String(message).includes('could not be renewed'));
    assert.deepEqual([line['severity'], line['fault']], ['ERROR', 'sts_denied']);
    await wire.passed(OVER);
    assert.equal(await get(), 502);
    assert.ok(
      (await wire.calls('s3')).every(({ status }) => status === 200),
      'S3 received no expired credentials',
    );
    await wire.clearFaults();
    await until('the caller is served again', async () => (await get()) === 200);
  });

  it('that is denied is retried after at most half a minute', async (test) => {
    const { wire, get } = await wireBeforeRenewal();
    test.after(() => wire.close());
    await wire.fault({ upstream: 'sts', fault: 'error', code: 'AccessDenied' });
    await wire.passed(DUE);
    assert.equal(await get(), 200);
    await wire.bridge.line(({ message }) => String(message).includes('could not be renewed'));
    await wire.clearFaults();
    await wire.forgetCalls();
    await wire.passed(DUE + 31);
    assert.equal(await get(), 200);
    await until('STS has received the renewal', async () => (await sessionsAtSts(wire)).length === 1);
    await wire.passed(OVER);
    assert.equal(await get(), 200, 'served with new credentials, because the old ones have expired');
    assert.equal((await sessionsAtSts(wire)).length, 1);
  });
});
