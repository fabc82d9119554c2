// The clock of the bridge, Google, STS or S3 may jump, stand still or be hours off. The bridge keeps using cached credentials
// if possible, renews them in time and makes few STS calls. Tests that need no faked clock are in clock-skew.test.ts.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { asTimelessAccount, startClockedWire, STOPPED, TWO_LIVES } from '../../support/faked-clock.ts';
import type { ClockedWire, Clocks } from '../../support/faked-clock.ts';
import {
  asAccount,
  identityTokensAsked,
  openToProject,
  READABLE,
  sessionsAtSts,
} from '../../support/sessions-at-sts.ts';
import { until } from '../../support/until.ts';
import type { Wire } from '../../support/wire.ts';

const REQUESTS = 40;
const HOUR = 3600;
const TWO_HOURS = 2 * HOUR;
const THREE_HOURS = 3 * HOUR;
const DAY_SECONDS = 24 * HOUR;
/** A clock skew below the 15 minutes that S3 tolerates. */
const TEN_MINUTES = 600;
/**
 * If S3 rejects a caller's credentials, the bridge allows five STS calls, and then one more every 24 seconds
 * (docs/operate/runbook.md).
 */
const PAUSE_MS = 24_001;

const setClock = (wire: Wire, offsetSeconds: number, upstream?: string): Promise<unknown> =>
  wire.control('PUT', '/clock', { offsetSeconds, ...(upstream === undefined ? {} : { upstream }) });

const untilStsIsIdle = (wire: Wire): Promise<void> =>
  until('no STS call is in flight', async () =>
    (await sessionsAtSts(wire)).every(({ status }) => status !== null),
  );

/** Sends many requests from one caller, one after the other. @returns their statuses */
async function statusesOf(wire: Wire, headers: Record<string, string>): Promise<Set<number>> {
  const statuses = new Set<number>();
  for (let i = 0; i < REQUESTS; i += 1) statuses.add((await wire.get(READABLE, { headers })).status);
  return statuses;
}

/** Asserts that each of many requests is served. @returns the number of STS calls that the requests caused */
async function callsFor(wire: ClockedWire, headers: Record<string, string>): Promise<number> {
  await wire.forgetCalls();
  for (let i = 0; i < REQUESTS; i += 1) assert.equal((await wire.get(READABLE, { headers })).status, 200);
  await untilStsIsIdle(wire);
  return (await sessionsAtSts(wire)).length;
}

describe("a jump of the bridge's wall clock", () => {
  let wire: ClockedWire;
  let headers: Record<string, string>;
  before(async () => {
    wire = await startClockedWire({ config: openToProject() });
    headers = asTimelessAccount(wire, 1);
  });
  after(() => wire.close());

  /**
   * Makes the bridge's clock jump. S3 rejects signatures that are more than 15 minutes off, so a larger jump also sets S3's
   * clock.
   */
  const jumpTo = async (seconds: number): Promise<void> => {
    const setsS3 = Math.abs(seconds) > 900;
    await wire.control('PUT', '/clock', { upstream: 's3', offsetSeconds: setsS3 ? seconds : 0 });
    await wire.setClocks({ wallAheadMs: seconds * 1000 });
  };

  for (const [what, seconds, life] of [
    ['ten minutes', 600, 300],
    // These credentials' lifetime exceeds the jump, because STS sets the expiry by its own clock and S3 checks it by a
    // different clock.
    ['three hours', THREE_HOURS, THREE_HOURS + 240],
  ] as const) {
    it(`ahead by ${what} causes one renewal, and the later jump back causes none`, async () => {
      await jumpTo(0);
      await wire.control('PUT', '/durations', { credentials: life });
      headers = asTimelessAccount(wire, seconds);
      assert.equal(await callsFor(wire, headers), 1, 'the first call');
      await jumpTo(seconds);
      assert.equal(await callsFor(wire, headers), 1, 'the credentials seem to have expired or be about to');
      assert.equal(await callsFor(wire, headers), 0);
      await jumpTo(0);
      assert.equal(await callsFor(wire, headers), 0);
    });

    it(`back by ${what} does not cause a renewal, and neither does the later jump ahead`, async () => {
      await jumpTo(0);
      await wire.control('PUT', '/durations', { credentials: life });
      headers = asTimelessAccount(wire, seconds + 1);
      assert.equal(await callsFor(wire, headers), 1, 'the first call');
      await jumpTo(-seconds);
      assert.equal(await callsFor(wire, headers), 0);
      await jumpTo(0);
      assert.equal(await callsFor(wire, headers), 0);
    });
  }
});

describe('a bridge with a wrong clock', { concurrency: true }, () => {
  for (const [what, clocksAfter] of [
    ['the wall clock stands still', (ms) => ({ wallStands: true, steadyAheadMs: ms })],
    ['the steady clock stands still', (ms) => ({ steadyStands: true, wallAheadMs: ms })],
    [
      'the wall clock is always ten minutes ahead',
      (ms) => ({ steadyAheadMs: ms, wallAheadMs: 600_000 + ms }),
    ],
    [
      'the wall clock is always ten minutes behind',
      (ms) => ({ steadyAheadMs: ms, wallAheadMs: -600_000 + ms }),
    ],
  ] satisfies readonly (readonly [string, (passedMs: number) => Partial<Clocks>])[]) {
    it(`serves every request over two credential lifetimes with only two renewals if ${what}`, async (test) => {
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
        await untilStsIsIdle(wire);
      }
      const calls = (await sessionsAtSts(wire)).filter(({ status }) => status === 200);
      assert.equal(calls.length, 2, 'two lifetimes have ended');
      const expired = (await wire.calls('s3')).filter((call) => call['code'] === 'ExpiredToken');
      assert.deepEqual(expired, [], 'S3 received no expired credentials');
    });
  }
});

describe('the signing time of S3 requests', () => {
  it("is corrected each time the bridge's clock jumps, even when it jumps back", async (test) => {
    const wire = await startClockedWire({ config: openToProject() });
    test.after(() => wire.close());
    const headers = asAccount(wire, 1, { iat: Math.floor(Date.now() / 1000) - HOUR });
    const read = async (): Promise<number> => {
      await wire.forgetCalls();
      assert.equal((await wire.get(READABLE, { headers })).status, 200);
      return (await wire.calls('s3')).length;
    };
    await read();
    for (const seconds of [-1200, 0, -1800]) {
      await wire.setClocks({ wallAheadMs: seconds * 1000 });
      assert.deepEqual([await read(), await read()], [2, 1]);
    }
  });
});

describe('a clock jump', () => {
  let wire: ClockedWire;
  let cached: Record<string, string>;
  let passedMs = 0;
  before(async () => {
    wire = await startClockedWire({ config: openToProject() });
    cached = asTimelessAccount(wire, 0);
    assert.equal((await wire.get(READABLE, { headers: cached })).status, 200);
    // Stops the bridge's own clocks, because more STS calls are allowed as time passes.
    await wire.setClocks(STOPPED);
  });
  after(() => wire.close());

  /**
   * S3 may reject credentials issued while a clock was wrong. Asserts that the caller is served once STS may be called again.
   */
  const assertServedAgain = async (headers: Record<string, string>): Promise<void> => {
    passedMs += PAUSE_MS;
    await wire.setClocks({ ...STOPPED, steadyAheadMs: passedMs });
    assert.equal((await wire.get(READABLE, { headers })).status, 200);
  };

  let account = 0;
  for (const [what, upstream] of [
    ['at STS', 'sts'],
    ['at the metadata server', 'metadata'],
  ] as const) {
    for (const offset of [TWO_HOURS, -TWO_HOURS]) {
      it(`${what} by ${offset / 3600} h leaves cached credentials valid, and new callers cause few STS calls`, async () => {
        await setClock(wire, offset, upstream);
        await wire.forgetCalls();
        assert.deepEqual(await statusesOf(wire, cached), new Set([200]));
        assert.deepEqual(await wire.calls('sts'), []);

        account += 1;
        const headers = asTimelessAccount(wire, account);
        await statusesOf(wire, headers);
        const calls = (await sessionsAtSts(wire)).length;
        assert.ok(calls >= 1 && calls <= REQUESTS / 2, `${calls} calls for ${REQUESTS} requests`);
        const tokens = await identityTokensAsked(wire);
        assert.ok(tokens <= calls, `${tokens} identity tokens`);

        await setClock(wire, 0);
        await assertServedAgain(headers);
      });
    }
  }

  for (const [offset, what] of [
    [TWO_HOURS, 'makes S3 reject cached credentials'],
    [-TWO_HOURS, "is corrected from S3's responses"],
  ] as const) {
    it(`at all upstreams by ${offset / 3600} h ${what}, causes few STS calls and has no lasting effect`, async () => {
      // Earlier tests used up the allowed STS calls, so this advances the clock until more calls are allowed.
      passedMs += 10 * PAUSE_MS;
      await wire.setClocks({ ...STOPPED, steadyAheadMs: passedMs });
      await setClock(wire, offset);
      await wire.forgetCalls();
      assert.deepEqual(await statusesOf(wire, cached), new Set([200]));
      const calls = (await sessionsAtSts(wire)).length;
      assert.ok(calls <= REQUESTS / 2, `${calls} calls for ${REQUESTS} requests`);
      await setClock(wire, 0);
      await assertServedAgain(cached);
      await wire.forgetCalls();
      assert.deepEqual(await statusesOf(wire, cached), new Set([200]));
      assert.ok((await wire.calls('sts')).length <= 1);
    });
  }
});

describe('AWS credentials', { concurrency: true }, () => {
  for (const offset of [TEN_MINUTES, -TEN_MINUTES]) {
    it(`are renewed only as often as they expire if AWS's clocks are off by ${offset / 60} minutes`, async (test) => {
      const wire = await startClockedWire({ config: openToProject() });
      test.after(() => wire.close());
      const passed = async (seconds: number): Promise<void> => {
        await wire.passed(seconds);
        for (const upstream of ['sts', 's3']) await setClock(wire, seconds + offset, upstream);
      };
      // Makes identity tokens last longer than this test on every clock, because the test is only about AWS credentials.
      await wire.control('PUT', '/durations', { identityToken: DAY_SECONDS / 2 });
      await wire.fault({ upstream: 'sts', fault: 'error', code: 'InvalidIdentityToken', times: 1 });
      const headers = asTimelessAccount(wire, 1);
      await passed(0);
      assert.equal((await wire.get(READABLE, { headers })).status, 200);
      await wire.forgetCalls();
      for (const seconds of TWO_LIVES) {
        await passed(seconds);
        assert.equal((await wire.get(READABLE, { headers })).status, 200);
        await untilStsIsIdle(wire);
      }
      assert.equal((await sessionsAtSts(wire)).length, 2, 'two lifetimes have ended');
      const rejected = (await wire.calls('s3')).filter(({ status }) => status !== 200);
      assert.deepEqual(rejected, [], 'S3 received no expired credentials');
    });
  }
});
