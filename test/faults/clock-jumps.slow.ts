// While the bridge's clock is off by two hours, callers get the documented responses. After the clock is corrected, the same
// process serves them again.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { asTimelessAccount, fakedClocks } from '../support/faked-clock.ts';
import { asAccount } from '../support/sessions-at-sts.ts';
import { until } from '../support/until.ts';
import type { Wire } from '../support/wire.ts';
import { PLACE_NAMES, PLACES } from './places.ts';
import { assertServed, play } from './play.ts';
import { CLOCK_FAULTS } from './rows.ts';
import type { ClockFault } from './rows.ts';
import { startStage } from './stage.ts';
import type { Stage } from './stage.ts';

const TWO_HOURS = 2 * 3600;
const SECONDS: Readonly<Record<ClockFault, number>> = {
  'clock-ahead': TWO_HOURS,
  'clock-behind': -TWO_HOURS,
};
/** The bridge signs its first request with the wrong time, and the retry with the upstream's time. */
const ASKS_WITH_CORRECTION = 2;

/** Tests all rows of the fault table for this clock fault. */
async function playAll(stage: Stage, fault: ClockFault, account: number): Promise<void> {
  const { wire } = stage;
  // Credentials must be valid for longer than the clock jump, because the clocks of S3 and STS differ in this test.
  await wire.control('PUT', '/durations', { credentials: 2 * TWO_HOURS });
  for (const [i, place] of PLACE_NAMES.entries()) {
    // S3 rejects requests that are signed with a wrong time. For the other upstreams, this test therefore also shifts S3's
    // clock.
    const offsetSeconds = place === 's3' ? 0 : SECONDS[fault];
    await wire.control('PUT', '/clock', { upstream: 's3', offsetSeconds });
    const headers = place === 'certs' ? asAccount(wire, account + i) : asTimelessAccount(wire, account + i);
    const asks = PLACES[place].asks * ASKS_WITH_CORRECTION;
    await play({ stage, place, fault, headers, asks, ready: 200 });
  }
}

async function assertAllServed(wire: Wire, account: number): Promise<void> {
  for (const i of PLACE_NAMES.keys()) await assertServed(wire, asAccount(wire, account + i));
}

describe('the bridge', { concurrency: 4 }, () => {
  for (const fault of Object.keys(CLOCK_FAULTS) as ClockFault[]) {
    it(`responds as documented if ${CLOCK_FAULTS[fault]} at startup`, async (test) => {
      const clocks = await fakedClocks();
      test.after(clocks.remove);
      await clocks.setClocks({ wallAheadMs: SECONDS[fault] * 1000 });
      const stage = await startStage({ struck: [], clocks });
      test.after(stage.close);
      await playAll(stage, fault, 1);
      await clocks.setClocks({});
      await assertAllServed(stage.wire, 1);
    });

    it(`responds as documented if ${CLOCK_FAULTS[fault]} after the clock has jumped while the bridge was running`, async (test) => {
      const clocks = await fakedClocks();
      test.after(clocks.remove);
      const stage = await startStage({ struck: [], clocks });
      test.after(stage.close);
      const { wire } = stage;
      await assertServed(wire, asTimelessAccount(wire, 1));
      await clocks.setClocks({ wallAheadMs: SECONDS[fault] * 1000 });
      await playAll(stage, fault, 10);
      await clocks.setClocks({});
      await assertAllServed(wire, 10);
      const ready = async () => (await wire.get('/-/ready')).status === 200;
      await until('the bridge is ready', ready);
      assert.equal((await wire.get('/-/live')).status, 200);
    });
  }
});
