// The bridge's own clocks may jump, stand still or be wrong all along: credentials are renewed in time by whichever of them goes,
// each request is served, and few make STS calls.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { asTimelessAccount, startClockedWire, TWO_LIVES } from '../../support/faked-clock.ts';
import type { ClockedWire, Clocks } from '../../support/faked-clock.ts';
import { openToProject, READABLE, sessionsAtSts } from '../../support/sessions-at-sts.ts';
import { until } from '../../support/until.ts';

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
  for (const [what, clocksAfter] of [
    ['that tells the time stands still', (ms) => ({ wallStands: true, steadyAheadMs: ms })],
    ['that measures time stands still', (ms) => ({ steadyStands: true, wallAheadMs: ms })],
    [
      'that tells the time is ten minutes ahead all along',
      (ms) => ({ steadyAheadMs: ms, wallAheadMs: 600_000 + ms }),
    ],
    [
      'that tells the time is ten minutes behind all along',
      (ms) => ({ steadyAheadMs: ms, wallAheadMs: -600_000 + ms }),
    ],
  ] satisfies readonly (readonly [string, (passedMs: number) => Partial<Clocks>])[]) {
    it(`${what}, each request of several lives is served, by few renewals`, async (test) => {
      const wire = await startClockedWire({ config: openToProject() });
      test.after(() => wire.close());
      await wire.setClocks(clocksAfter(0));
      const headers = asTimelessAccount(wire, 1);
      assert.equal((await wire.get(READABLE, { headers })).status, 200);
      await wire.forgetCalls();
      for (const seconds of TWO_LIVES) {
        await wire.control('PUT', '/clock', { offsetSeconds: seconds });
        await wire.setClocks(clocksAfter(seconds * 1000));
        assert.equal((await wire.get(READABLE, { headers })).status, 200);
        await until('no call is under way', async () =>
          (await sessionsAtSts(wire)).every(({ status }) => status !== null),
        );
      }
      const calls = (await sessionsAtSts(wire)).filter(({ status }) => status === 200);
      assert.equal(calls.length, 2, 'two lives have come to their end');
      const ended = (await wire.calls('s3')).filter((call) => call['code'] === 'ExpiredToken');
      assert.deepEqual(ended, [], 'S3 saw no credentials that had ended');
    });
  }
});
