// A ready bridge stays ready while its credentials are valid. The bridge must recover on its own, because it gets no requests
// while it is not ready.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { asTimelessAccount, startClockedWire, STOPPED } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { openToProject, READABLE } from '../../support/sessions-at-sts.ts';
import { until } from '../../support/until.ts';

/** The lifetime of credentials. It is short, because the bridge retries only shortly before credentials expire. */
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

  it('stays ready during an STS outage while its credentials are valid', async () => {
    await wire.fault({ upstream: 'sts', fault: 'error', code: 'AccessDenied' });
    assert.equal((await wire.get(READABLE, { headers: asTimelessAccount(wire, 2) })).status, 502);
    // STS reports the expiry in whole seconds, so credentials can expire up to one second before their lifetime ends.
    await wire.passed(LIFE_SECONDS - 1.1, STOPPED);
    assert.equal(await ready(), 200);
  });

  it('stops being ready once its credentials have expired', async () => {
    await wire.passed(LIFE_SECONDS, STOPPED);
    assert.equal(await ready(), 503);
  });

  it('becomes ready again soon after STS recovers, even without a request', async () => {
    await wire.clearFaults();
    await until('the bridge is ready', async () => (await ready()) === 200);
  });
});
