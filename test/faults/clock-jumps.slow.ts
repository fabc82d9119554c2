// The bridge's own clock, two hours off from its start and two hours off at once while it serves: what the table says is what callers
// get, and when it is right again they are served, by the same process.
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
/** Whoever signs by a wrong clock asks a second time, by the supplier's. */
const ASKS_WITH_CORRECTION = 2;

/** Plays all rows of the fault, while the clock is off. */
async function playAll(stage: Stage, fault: ClockFault, account: number): Promise<void> {
  const { wire } = stage;
  // Longer than the jump, as this S3 judges by its own clock what STS gives by another.
  await wire.control('PUT', '/durations', { credentials: 2 * TWO_HOURS });
  for (const [i, place] of PLACE_NAMES.entries()) {
    // S3 refuses whatever is signed by such a clock, so that for the others' rows its own goes along.
    const offsetSeconds = place === 's3' ? 0 : SECONDS[fault];
    await wire.control('PUT', '/clock', { supplier: 's3', offsetSeconds });
    const headers = place === 'certs' ? asAccount(wire, account + i) : asTimelessAccount(wire, account + i);
    const asks = PLACES[place].asks * ASKS_WITH_CORRECTION;
    await play({ stage, place, fault, headers, asks, ready: 200 });
  }
}

async function assertAllServed(wire: Wire, account: number): Promise<void> {
  for (const i of PLACE_NAMES.keys()) await assertServed(wire, asAccount(wire, account + i));
}

describe('a bridge', { concurrency: 4 }, () => {
  for (const fault of Object.keys(CLOCK_FAULTS) as ClockFault[]) {
    it(`for which ${CLOCK_FAULTS[fault]} from its start on`, async (test) => {
      const clocks = await fakedClocks();
      test.after(clocks.remove);
      await clocks.setClocks({ wallAheadMs: SECONDS[fault] * 1000 });
      const stage = await startStage({ struck: [], clocks });
      test.after(stage.close);
      await playAll(stage, fault, 1);
      await clocks.setClocks({});
      await assertAllServed(stage.wire, 1);
    });

    it(`for which ${CLOCK_FAULTS[fault]} at once while it serves`, async (test) => {
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
      await until('ready', ready);
      assert.equal((await wire.get('/-/live')).status, 200);
    });
  }
});
