// The bridge's own clocks may jump, stand still or be wrong all along: credentials are renewed in time by whichever of them goes,
// each request is served, and few make STS calls.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { asTimelessAccount, startClockedWire } from './faked-clock.ts';
import type { ClockedWire, Clocks } from './faked-clock.ts';
import { openToProject, READABLE, sessionsAtSts } from './sessions-at-sts.ts';
import { until } from './until.ts';

const REQUESTS = 30;
const THREE_HOURS = 3 * 3600;

/** Claims that each of many requests is served; @returns how many STS calls they made. */
async function callsFor(wire: ClockedWire, headers: Record<string, string>): Promise<number> {
  await wire.forgetCalls();
  for (let i = 0; i < REQUESTS; i += 1) assert.equal((await wire.get(READABLE, { headers })).status, 200);
  const settled = async (): Promise<boolean> =>
    (await sessionsAtSts(wire)).every(({ status }) => status !== null);
  await until('no call is under way', settled);
  return (await sessionsAtSts(wire)).length;
}

describe('a wall clock that jumps while the bridge runs', () => {
  let wire: ClockedWire;
  let headers: Record<string, string>;
  before(async () => {
    wire = await startClockedWire({ config: openToProject() });
    headers = asTimelessAccount(wire, 1);
  });
  after(() => wire.close());

  /** S3 refuses what is signed a quarter of an hour off: for more its clock goes along. */
  const jumpTo = async (seconds: number): Promise<void> => {
    const goesAlong = Math.abs(seconds) > 900;
    await wire.control('PUT', '/clock', { supplier: 's3', offsetSeconds: goesAlong ? seconds : 0 });
    await wire.setClocks({ wallAheadMs: seconds * 1000 });
  };

  for (const [what, seconds, life] of [
    ['ten minutes', 600, 300],
    // Longer than the jump, as S3 judges by its own clock what STS gives by another.
    ['three hours', THREE_HOURS, THREE_HOURS + 240],
  ] as const) {
    it(`${what} ahead costs one renewal, and back again none`, async () => {
      await jumpTo(0);
      await wire.control('PUT', '/durations', { credentials: life });
      headers = asTimelessAccount(wire, seconds);
      assert.equal(await callsFor(wire, headers), 1, 'the first');
      await jumpTo(seconds);
      assert.equal(await callsFor(wire, headers), 1, 'as they seem to have ended, or to be about to');
      assert.equal(await callsFor(wire, headers), 0);
      await jumpTo(0);
      assert.equal(await callsFor(wire, headers), 0);
    });

    it(`${what} back costs nothing, and ahead again one renewal at most`, async () => {
      await jumpTo(0);
      await wire.control('PUT', '/durations', { credentials: life });
      headers = asTimelessAccount(wire, seconds + 1);
      assert.equal(await callsFor(wire, headers), 1, 'the first');
      await jumpTo(-seconds);
      assert.equal(await callsFor(wire, headers), 0);
      await jumpTo(0);
      assert.equal(await callsFor(wire, headers), 0);
    });
  }
});

describe('while one of the bridge’s clocks', { concurrency: true }, () => {
  const LIFE_SECONDS = 5;
  for (const [what, clocks] of [
    ['that tells the time stands still', { wallStands: true }],
    ['that measures time stands still', { steadyStands: true }],
    ['that tells the time is ten minutes ahead all along', { wallAheadMs: 600_000 }],
    ['that tells the time is ten minutes behind all along', { wallAheadMs: -600_000 }],
  ] satisfies readonly (readonly [string, Partial<Clocks>])[]) {
    it(`${what}, each request of several lives is served, by few renewals`, async (test) => {
      const wire = await startClockedWire({ config: openToProject() });
      test.after(() => wire.close());
      await wire.setClocks(clocks);
      await wire.control('PUT', '/durations', { credentials: LIFE_SECONDS });
      const headers = asTimelessAccount(wire, 1);
      assert.equal((await wire.get(READABLE, { headers })).status, 200);
      await wire.forgetCalls();
      const begun = Date.now();
      const statuses = new Set<number>();
      while (Date.now() - begun < 2.5 * LIFE_SECONDS * 1000) {
        statuses.add((await wire.get(READABLE, { headers })).status);
        await setTimeout(50);
      }
      assert.deepEqual(statuses, new Set([200]));
      const calls = (await sessionsAtSts(wire)).length;
      assert.ok(calls >= 2 && calls <= 5, `${calls} renewals in two and a half lives`);
      // One that comes late may be S3's doing on a machine that is busy, but not each.
      const refused = (await wire.calls('s3')).filter(({ status }) => status !== 200).length;
      assert.ok(refused < calls, `${refused} times S3 saw credentials that had ended`);
    });
  }
});
