// While STS fails, cached credentials stay in use until shortly before they expire. After that, callers get errors until STS
// recovers.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { asTimelessAccount, startClockedWire, STOPPED } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { openToProject, READABLE, sessionsAtSts } from '../../support/sessions-at-sts.ts';
import { until } from '../../support/until.ts';

const LIFE_SECONDS = 600;
/**
 * Times at which a renewal is due, in seconds since the credentials were issued. A failed renewal is retried after at most half
 * a minute.
 */
const DUE_SECONDS = [440, 460, 480, 500, 520, 537];
/**
 * The time at which only a tenth of the credentials' lifetime is left. STS reports the expiry in whole seconds, so the bridge
 * may reach this time up to one second earlier.
 */
const FLOOR_SECONDS = 540;

describe('credentials whose renewal STS denies', () => {
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

  it('stay in use only until a tenth of their lifetime is left', async () => {
    assert.equal(await get(), 200);
    await wire.fault({ upstream: 'sts', fault: 'error', code: 'AccessDenied' });
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

  it('cause a log line with the fault and its remedy', async () => {
    const line = await wire.bridge.line(({ message }) =>
      String(message).includes('the current credentials are used until they expire'),
    );
    assert.equal(line['severity'], 'ERROR');
    assert.equal(line['fault'], 'sts_denied');
    assert.match(String(line['remedy']), /trust policy/);
  });

  it('are replaced once STS recovers, and reads succeed again', async () => {
    await wire.clearFaults();
    await wire.passed(FLOOR_SECONDS + 5, STOPPED);
    assert.equal(await get(), 200);
  });

  it('are renewed before use if they expired between requests', async () => {
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
