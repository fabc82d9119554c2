// A caller whose role cannot be assumed and who tries again and again does not make as many STS calls.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { asTimelessAccount, startClockedWire, STOPPED } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { openToProject, READABLE, sessionsAtSts } from '../../support/sessions-at-sts.ts';

const REQUESTS = 100;
/** Between the second failure and the third, the third and the fourth, and so on. */
const PAUSES_MS = [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000];

describe('a role that cannot be assumed', () => {
  let wire: ClockedWire;
  let passedMs = 0;
  before(async () => {
    wire = await startClockedWire({ config: openToProject() });
    await wire.setClocks(STOPPED);
  });
  after(() => wire.close());

  const pass = async (milliseconds: number): Promise<void> => {
    passedMs += milliseconds;
    await wire.setClocks({ ...STOPPED, steadyAheadMs: passedMs });
  };
  /** @returns how many STS calls so many requests cost, each of which is refused */
  const callsFor = async (requests: number): Promise<number> => {
    await wire.forgetCalls();
    const headers = asTimelessAccount(wire, 1);
    for (let i = 0; i < requests; i += 1) {
      const reply = await wire.get(READABLE, { headers });
      assert.equal(reply.status, 502);
      assert.equal(reply.code, 'FederationFailed');
    }
    return (await sessionsAtSts(wire)).length;
  };

  it('is not asked for by every request', async () => {
    await wire.fault({ supplier: 'sts', fault: 'error', code: 'AccessDenied' });
    assert.equal(await callsFor(REQUESTS), 2);
  });

  it('is asked for again after pauses that grow to five seconds', async () => {
    for (const pause of PAUSES_MS) {
      await pass(pause - 1);
      assert.equal(await callsFor(3), 0, `${pause} ms have not passed`);
      await pass(1);
      assert.equal(await callsFor(3), 1, `${pause} ms have passed`);
    }
  });

  it('does not slow another caller', async () => {
    await wire.forgetCalls();
    await wire.get(READABLE, { headers: asTimelessAccount(wire, 2) });
    assert.equal((await sessionsAtSts(wire)).length, 1);
  });

  it('serves after five seconds once it is mended', async () => {
    await wire.clearFaults();
    await pass(5_000);
    assert.equal((await wire.get(READABLE, { headers: asTimelessAccount(wire, 1) })).status, 200);
  });
});
