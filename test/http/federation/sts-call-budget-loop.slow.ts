// If a role cannot be assumed, the bridge does not call STS every time a caller retries its request.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { asTimelessAccount, startClockedWire, STOPPED } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { openToProject, READABLE, sessionsAtSts } from '../../support/sessions-at-sts.ts';

const REQUESTS = 100;
/** The pauses between consecutive failed STS calls, beginning with the pause after the second failure. */
const PAUSES_MS = [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000];

describe('a role that cannot be assumed', () => {
  let wire: ClockedWire;
  let passedMs = 0;
  before(async () => {
    wire = await startClockedWire({ config: openToProject() });
    await wire.setClocks(STOPPED);
  });
  after(() => wire.close());

  const advance = async (milliseconds: number): Promise<void> => {
    passedMs += milliseconds;
    await wire.setClocks({ ...STOPPED, steadyAheadMs: passedMs });
  };
  /** Sends the given number of requests, which all fail. @returns the number of resulting STS calls */
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

  it('does not cause an STS call for every request', async () => {
    await wire.fault({ upstream: 'sts', fault: 'error', code: 'AccessDenied' });
    assert.equal(await callsFor(REQUESTS), 2);
  });

  it('is retried after pauses that grow to five seconds', async () => {
    for (const pause of PAUSES_MS) {
      await advance(pause - 1);
      assert.equal(await callsFor(3), 0, `${pause} ms have not passed`);
      await advance(1);
      assert.equal(await callsFor(3), 1, `${pause} ms have passed`);
    }
  });

  it('does not delay STS calls for another caller', async () => {
    await wire.forgetCalls();
    await wire.get(READABLE, { headers: asTimelessAccount(wire, 2) });
    assert.equal((await sessionsAtSts(wire)).length, 1);
  });

  it('becomes usable within five seconds once the cause has been fixed', async () => {
    await wire.clearFaults();
    await advance(5_000);
    assert.equal((await wire.get(READABLE, { headers: asTimelessAccount(wire, 1) })).status, 200);
  });
});
