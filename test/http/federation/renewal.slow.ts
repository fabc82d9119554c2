// Credentials are renewed in the background before they expire, with one STS call at a time. No request waits or fails.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { asTimelessAccount, PATIENT, startClockedWire, TWO_LIVES } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { openToProject, READABLE, sessionsAtSts } from '../../support/sessions-at-sts.ts';
import { until } from '../../support/until.ts';

/** Seconds since the one-hour credentials were issued. The bridge renews the credentials in their last five to six minutes. */
const DUE_SECONDS = 3_400;

describe('credentials that are about to expire', () => {
  let wire: ClockedWire;
  before(async () => {
    wire = await startClockedWire({ config: openToProject() });
  });
  after(() => wire.close());

  const get = async (n: number): Promise<number> =>
    (await wire.get(READABLE, { headers: asTimelessAccount(wire, n) })).status;
  const callsInFlight = async (): Promise<number> =>
    (await sessionsAtSts(wire)).filter(({ status }) => status === null).length;
  const settled = (): Promise<void> =>
    until('no call is under way', async () => (await callsInFlight()) === 0);

  it('stay in use during their renewal', async () => {
    assert.equal(await get(1), 200);
    await wire.fault({ upstream: 'sts', fault: 'hold' });
    await wire.forgetCalls();
    await wire.passed(DUE_SECONDS, PATIENT);
    assert.equal(await get(1), 200);
    await until('the request has started the renewal', async () => (await callsInFlight()) === 1);
    assert.equal(await get(1), 200);
    assert.equal((await sessionsAtSts(wire)).length, 1);
    await wire.clearFaults();
    await settled();
  });

  it('are replaced in time over several lifetimes, with one STS call at a time', async () => {
    await wire.forgetCalls();
    for (const seconds of TWO_LIVES) {
      await wire.passed(seconds, PATIENT);
      if (seconds > 0) await wire.fault({ upstream: 'sts', fault: 'hold' });
      // Requests wait only for the first credentials; new credentials are then fetched while the old ones are still in use.
      for (let i = 0; i < 3; i += 1)
        assert.deepEqual(await Promise.all([get(2), get(2), get(2)]), [200, 200, 200]);
      assert.ok((await callsInFlight()) <= 1);
      await wire.clearFaults();
      await settled();
    }
    assert.equal((await sessionsAtSts(wire)).length, 3, 'the first call, and one renewal per lifetime');
    const rejected = (await wire.calls('s3')).filter(({ status }) => status !== 200);
    assert.deepEqual(rejected, [], 'S3 received no expired credentials');
  });

  it('are not renewed while nobody uses them', async () => {
    await wire.passed(0);
    assert.deepEqual([await get(3), await get(4)], [200, 200]);
    await wire.forgetCalls();
    await wire.passed(DUE_SECONDS);
    assert.equal(await get(4), 200);
    await until('the credentials in use are renewed', async () =>
      (await sessionsAtSts(wire)).some(({ status }) => status === 200),
    );
    const renewed = (await sessionsAtSts(wire)).map(({ roleSessionName }) => roleSessionName);
    assert.deepEqual(renewed, ['job-4@acme-prod']);
  });
});
