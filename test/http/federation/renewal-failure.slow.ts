// While STS fails, what is held goes on serving until shortly before its end; then callers are told, and served again soon.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { asTimelessAccount, startClockedWire, STOPPED } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { openToProject, READABLE, sessionsAtSts } from '../../support/sessions-at-sts.ts';
import { until } from '../../support/until.ts';

const LIFE_SECONDS = 600;
/** Renewal is due within these, and tried again after half a minute at most. */
const DUE_SECONDS = [440, 460, 480, 500, 520, 537];
/** A tenth of the life is left; STS tells whole seconds, so that they can end one earlier. */
const FLOOR_SECONDS = 540;

describe('while STS refuses to renew', () => {
  let wire: ClockedWire;
  const headers = (n = 1): Record<string, string> => asTimelessAccount(wire, n);
  const get = async (n = 1): Promise<number> => (await wire.get(READABLE, { headers: headers(n) })).status;
  const settled = (): Promise<void> =>
    until('no call is under way', async () =>
      (await sessionsAtSts(wire)).every(({ status }) => status !== null),
    );
  before(async () => {
    wire = await startClockedWire({ config: openToProject() });
    await wire.setClocks(STOPPED);
    await wire.control('PUT', '/durations', { credentials: LIFE_SECONDS });
  });
  after(() => wire.close());

  it('the old credentials serve until a tenth of their life is left, and not beyond', async () => {
    assert.equal(await get(), 200);
    await wire.fault({ supplier: 'sts', fault: 'error', code: 'AccessDenied' });
    await wire.forgetCalls();
    for (const seconds of DUE_SECONDS) {
      await wire.passed(seconds, STOPPED);
      assert.equal(await get(), 200, `${seconds} s`);
      await settled();
    }
    const attempts = (await sessionsAtSts(wire)).length;
    assert.ok(attempts >= 2 && attempts < DUE_SECONDS.length, `${attempts} calls, with pauses between`);
    await wire.passed(FLOOR_SECONDS, STOPPED);
    assert.equal(await get(), 502);
    assert.ok((await wire.calls('s3')).every((call) => call['status'] === 200));
  });

  it('the log says so, with the fault and its remedy', async () => {
    const line = await wire.bridge.line(({ message }) =>
      String(message).includes('the old ones serve while they last'),
    );
    assert.equal(line['severity'], 'ERROR');
    assert.equal(line['fault'], 'sts_denied');
    assert.match(String(line['remedy']), /trust policy/);
  });

  it('callers are served again once STS is back', async () => {
    await wire.clearFaults();
    await wire.passed(FLOOR_SECONDS + 5, STOPPED);
    assert.equal(await get(), 200);
  });

  it('what ended while nobody asked is renewed before it is used', async () => {
    assert.equal(await get(2), 200);
    await wire.passed(FLOOR_SECONDS + 5 + LIFE_SECONDS, STOPPED);
    await wire.forgetCalls();
    assert.equal(await get(2), 200);
    assert.equal((await sessionsAtSts(wire)).length, 1);
    assert.deepEqual(
      (await wire.calls('s3')).map(({ status }) => status),
      [200],
    );
  });
});
