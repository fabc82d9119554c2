// A bridge that was ready stays so while what STS gave lasts, and comes back by itself: unready, it gets no requests.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { asAccount, openToProject, READABLE } from './sessions-at-sts.ts';
import { until } from './until.ts';
import { startWire } from './wire.ts';
import type { Wire } from './wire.ts';

const LIFE_SECONDS = 6;

describe('a bridge that was ready', () => {
  let wire: Wire;
  let ends: number;
  before(async () => {
    wire = await startWire({ config: openToProject() });
    await wire.control('PUT', '/durations', { credentials: LIFE_SECONDS });
    assert.equal((await wire.get(READABLE, { headers: asAccount(wire, 1) })).status, 200);
    ends = Date.now() + LIFE_SECONDS * 1000;
  });
  after(() => wire.close());

  const ready = async (): Promise<number> => (await wire.get('/-/ready')).status;

  it('is ready while STS fails and its credentials last', async () => {
    await wire.fault({ supplier: 'sts', fault: 'error', code: 'AccessDenied' });
    assert.equal((await wire.get(READABLE, { headers: asAccount(wire, 2) })).status, 502);
    const status = await ready();
    // STS tells whole seconds, so that they can end one earlier.
    assert.ok(Date.now() < ends - 1_000, 'a machine too slow for this test');
    assert.equal(status, 200);
    assert.equal((await wire.get(READABLE, { headers: asAccount(wire, 1) })).status, 200);
  });

  it('is not once they have ended', async () => {
    await until('not ready', async () => (await ready()) === 503);
    assert.ok(Date.now() > ends - 1_500, 'not before');
  });

  it('is again soon after STS is back, without any request', async () => {
    await wire.clearFaults();
    await until('ready', async () => (await ready()) === 200);
  });
});
