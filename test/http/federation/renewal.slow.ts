// Credentials are renewed before they end, behind the requests that they serve: none waits, none fails, one call at a time.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { asTimelessAccount, PATIENT, startClockedWire, TWO_LIVES } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { openToProject, READABLE, sessionsAtSts } from '../../support/sessions-at-sts.ts';
import { until } from '../../support/until.ts';

/** Of an hour; renewal is due in its last five to six minutes. */
const DUE_SECONDS = 3_400;

describe('credentials that are about to end', () => {
  let wire: ClockedWire;
  before(async () => {
    wire = await startClockedWire({ config: openToProject() });
  });
  after(() => wire.close());

  const get = async (n: number): Promise<number> =>
    (await wire.get(READABLE, { headers: asTimelessAccount(wire, n) })).status;
  const underWay = async (): Promise<number> =>
    (await sessionsAtSts(wire)).filter(({ status }) => status === null).length;
  const settled = (): Promise<void> => until('no call is under way', async () => (await underWay()) === 0);

  it('serve while their renewal is under way', async () => {
    assert.equal(await get(1), 200);
    await wire.fault({ supplier: 'sts', fault: 'hold' });
    await wire.forgetCalls();
    await wire.passed(DUE_SECONDS, PATIENT);
    assert.equal(await get(1), 200);
    await until('the request has begun the renewal', async () => (await underWay()) === 1);
    assert.equal(await get(1), 200);
    assert.equal((await sessionsAtSts(wire)).length, 1);
    await wire.clearFaults();
    await settled();
  });

  it('are replaced in time over several lives, by one call at a time', async () => {
    await wire.forgetCalls();
    for (const seconds of TWO_LIVES) {
      await wire.passed(seconds, PATIENT);
      if (seconds > 0) await wire.fault({ supplier: 'sts', fault: 'hold' });
      // The first ones are waited for, all others come while the old ones serve.
      for (let i = 0; i < 3; i += 1)
        assert.deepEqual(await Promise.all([get(2), get(2), get(2)]), [200, 200, 200]);
      assert.ok((await underWay()) <= 1);
      await wire.clearFaults();
      await settled();
    }
    assert.equal((await sessionsAtSts(wire)).length, 3, 'the first ones, and one renewal a life');
    const refused = (await wire.calls('s3')).filter(({ status }) => status !== 200);
    assert.deepEqual(refused, [], 'S3 saw no credentials that had ended');
  });

  it('are not renewed when nobody uses them', async () => {
    await wire.passed(0);
    assert.deepEqual([await get(3), await get(4)], [200, 200]);
    await wire.forgetCalls();
    await wire.passed(DUE_SECONDS);
    assert.equal(await get(4), 200);
    await until('those that are used are renewed', async () =>
      (await sessionsAtSts(wire)).some(({ status }) => status === 200),
    );
    const renewed = (await sessionsAtSts(wire)).map(({ roleSessionName }) => roleSessionName);
    assert.deepEqual(renewed, ['job-4@acme-prod']);
  });
});
