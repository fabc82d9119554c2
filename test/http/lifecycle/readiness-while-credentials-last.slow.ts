// A bridge that was ready stays so while what STS gave lasts, and comes back by itself: unready, it gets no requests.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { asTimelessAccount, startClockedWire, STOPPED } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { openToProject, READABLE } from '../../support/sessions-at-sts.ts';
import { until } from '../../support/until.ts';

/** So short that the bridge has something to lose soon: it does not try again long before what it holds ends. */
const LIFE_SECONDS = 30;

describe('a bridge that was ready', () => {
  let wire: ClockedWire;
  before(async () => {
    wire = await startClockedWire({ config: openToProject() });
    await wire.setClocks(STOPPED);
    await wire.control('PUT', '/durations', { credentials: LIFE_SECONDS });
    assert.equal((await wire.get(READABLE, { headers: asTimelessAccount(wire, 1) })).status, 200);
  });
  after(() => wire.close());

  const ready = async (): Promise<number> => (await wire.get('/-/ready')).status;

  it('is ready while STS fails and its credentials last', async () => {
    await wire.fault({ supplier: 'sts', fault: 'error', code: 'AccessDenied' });
    assert.equal((await wire.get(READABLE, { headers: asTimelessAccount(wire, 2) })).status, 502);
    // STS tells whole seconds, so that they can end one earlier.
    await wire.passed(LIFE_SECONDS - 1.1, STOPPED);
    assert.equal(await ready(), 200);
  });

  it('is not once they have ended', async () => {
    await wire.passed(LIFE_SECONDS, STOPPED);
    assert.equal(await ready(), 503);
  });

  it('is again soon after STS is back, without any request', async () => {
    await wire.clearFaults();
    await until('ready', async () => (await ready()) === 200);
  });
});
