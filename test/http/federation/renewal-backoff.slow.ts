// A renewal that AWS refuses is not tried again by each request, as somebody has to mend something first; one that failed by
// chance is, soon. Either way the old credentials serve, and not beyond the last minute of their life.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { asTimelessAccount, startClockedWire, STOPPED } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { openToProject, READABLE, sessionsAtSts } from '../../support/sessions-at-sts.ts';
import { until } from '../../support/until.ts';

/** Of the hour: renewal is due in the last five to six minutes. */
const [NOT_YET, DUE, OVER] = [3200, 3400, 3560];
const REQUESTS = 100;

async function wireWhoseSessionIsDue(): Promise<{
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

describe('renewal that is refused', () => {
  const codes = ['AccessDenied', 'RegionDisabledException', 'PackedPolicyTooLarge', 'ValidationError'];
  let wire: ClockedWire;
  const get = async (n: number): Promise<number> =>
    (await wire.get(READABLE, { headers: asTimelessAccount(wire, n) })).status;
  before(async () => {
    wire = await startClockedWire({ config: openToProject() });
    for (const n of codes.keys()) assert.equal(await get(n), 200);
    // Time stands from then on: else more may be asked for as it passes.
    await wire.passed(DUE, STOPPED);
  });
  after(() => wire.close());

  for (const [n, code] of codes.entries()) {
    // Sent again without its Deny statements.
    const callsEach = code === 'PackedPolicyTooLarge' ? 2 : 1;
    it(`with ${code} costs one renewal for many requests`, async () => {
      await wire.fault({ supplier: 'sts', fault: 'error', code });
      await wire.forgetCalls();
      const answered = async (): Promise<boolean> =>
        (await sessionsAtSts(wire)).filter(({ status }) => status !== null).length === callsEach;
      assert.equal(await get(n), 200);
      await until('the renewal is refused', answered);
      for (let i = 0; i < REQUESTS; i += 1) assert.equal(await get(n), 200);
      assert.equal((await sessionsAtSts(wire)).length, callsEach);
    });
  }
});

describe('renewal', () => {
  it('that fails by chance is tried again within seconds, by a request', async (test) => {
    const { wire, get } = await wireWhoseSessionIsDue();
    test.after(() => wire.close());
    await wire.fault({ supplier: 'sts', fault: 'status', status: 503, times: 4 });
    await wire.passed(DUE);
    await until(
      'the fault is over, after two renewals of two attempts each, and the third succeeds',
      async () => {
        assert.equal(await get(), 200);
        return (await sessionsAtSts(wire)).some(({ status }) => status === 200);
      },
    );
    assert.equal((await sessionsAtSts(wire)).length, 5);
    const asked = (await wire.calls('sts')).length;
    for (let i = 0; i < REQUESTS / 10; i += 1) assert.equal(await get(), 200);
    assert.equal((await wire.calls('sts')).length, asked, 'and once it has, it is over');
  });

  it('that goes on failing leaves the old credentials serving until their last minute', async (test) => {
    const { wire, get } = await wireWhoseSessionIsDue();
    test.after(() => wire.close());
    await wire.fault({ supplier: 'sts', fault: 'error', code: 'AccessDenied' });
    await wire.passed(3530);
    assert.equal(await get(), 200);
    const line = await wire.bridge.line(({ message }) => String(message).includes('could not be renewed'));
    assert.deepEqual([line['severity'], line['fault']], ['ERROR', 'sts_denied']);
    await wire.passed(OVER);
    assert.equal(await get(), 502);
    assert.ok(
      (await wire.calls('s3')).every(({ status }) => status === 200),
      'S3 saw none that had ended',
    );
    await wire.clearFaults();
    await until('served again', async () => (await get()) === 200);
  });

  it('that is refused is tried again after half a minute at most, and then serves', async (test) => {
    const { wire, get } = await wireWhoseSessionIsDue();
    test.after(() => wire.close());
    await wire.fault({ supplier: 'sts', fault: 'error', code: 'AccessDenied' });
    await wire.passed(DUE);
    assert.equal(await get(), 200);
    await wire.bridge.line(({ message }) => String(message).includes('could not be renewed'));
    await wire.clearFaults();
    await wire.forgetCalls();
    await wire.passed(DUE + 31);
    assert.equal(await get(), 200);
    await until('the renewal is asked for', async () => (await sessionsAtSts(wire)).length === 1);
    await wire.passed(OVER);
    assert.equal(await get(), 200, 'by new credentials, as the old ones are over');
    assert.equal((await sessionsAtSts(wire)).length, 1);
  });
});
