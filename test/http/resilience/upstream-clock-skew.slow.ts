// Google's, STS's or S3's clock may be hours off: what is held serves on where it can, and no request makes an STS call of its own.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { chained, hopsAtSts, TO_LAKE_DATA } from '../../support/chain.ts';
import { asTimelessAccount, startClockedWire, STOPPED, TWO_LIVES } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import {
  asAccount,
  identityTokensAsked,
  openToProject,
  READABLE,
  sessionsAtSts,
} from '../../support/sessions-at-sts.ts';
import { until } from '../../support/until.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const REQUESTS = 40;
const TWO_HOURS = 7200;
const DAY_SECONDS = 86_400;
/** What S3 takes for a signature's age is a quarter of an hour. */
const TEN_MINUTES = 600;
/** After its first five, a caller whose credentials S3 rejects is worth one STS call in 24 seconds (docs/operations.md). */
const PAUSE_MS = 24_001;

const setClock = (wire: Wire, offsetSeconds: number, supplier?: string): Promise<unknown> =>
  wire.control('PUT', '/clock', { offsetSeconds, ...(supplier === undefined ? {} : { supplier }) });

/** The statuses of many requests of one caller, one after the other. */
async function statusesOf(wire: Wire, headers: Record<string, string>): Promise<Set<number>> {
  const statuses = new Set<number>();
  for (let i = 0; i < REQUESTS; i += 1) statuses.add((await wire.get(READABLE, { headers })).status);
  return statuses;
}

describe('a clock that jumps', () => {
  let wire: ClockedWire;
  let held: Record<string, string>;
  let passedMs = 0;
  before(async () => {
    wire = await startClockedWire({ config: openToProject() });
    held = asTimelessAccount(wire, 0);
    assert.equal((await wire.get(READABLE, { headers: held })).status, 200);
    // The bridge's own clocks stand: else more calls would be allowed as time passes.
    await wire.setClocks(STOPPED);
  });
  after(() => wire.close());

  /** What STS gave by a wrong clock S3 may refuse by a right one; claims that the caller is served once another call is allowed. */
  const assertServedAgain = async (headers: Record<string, string>): Promise<void> => {
    passedMs += PAUSE_MS;
    await wire.setClocks({ ...STOPPED, steadyAheadMs: passedMs });
    assert.equal((await wire.get(READABLE, { headers })).status, 200);
  };

  let account = 0;
  for (const [what, supplier] of [
    ['of STS', 'sts'],
    ['of the metadata server', 'metadata'],
  ] as const) {
    for (const offset of [TWO_HOURS, -TWO_HOURS]) {
      it(`${what} by ${offset / 3600} h ends nothing that is held, and costs newcomers few calls`, async () => {
        await setClock(wire, offset, supplier);
        await wire.forgetCalls();
        assert.deepEqual(await statusesOf(wire, held), new Set([200]));
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
    [TWO_HOURS, 'ends what is held for S3'],
    [-TWO_HOURS, 'is corrected by what S3 says'],
  ] as const) {
    it(`of all of them by ${offset / 3600} h ${what}, costs few calls and passes with it`, async () => {
      // All calls that tests before have used up are allowed again.
      passedMs += 10 * PAUSE_MS;
      await wire.setClocks({ ...STOPPED, steadyAheadMs: passedMs });
      await setClock(wire, offset);
      await wire.forgetCalls();
      assert.deepEqual(await statusesOf(wire, held), new Set([200]));
      const calls = (await sessionsAtSts(wire)).length;
      assert.ok(calls <= REQUESTS / 2, `${calls} calls for ${REQUESTS} requests`);
      await setClock(wire, 0);
      await assertServedAgain(held);
      await wire.forgetCalls();
      assert.deepEqual(await statusesOf(wire, held), new Set([200]));
      assert.ok((await wire.calls('sts')).length <= 1);
    });
  }
});

describe('AWS, whose clocks are', { concurrency: true }, () => {
  for (const offset of [TEN_MINUTES, -TEN_MINUTES]) {
    it(`${offset / 60} minutes off, is asked for credentials as often as they end`, async (test) => {
      const wire = await startClockedWire({ config: openToProject() });
      test.after(() => wire.close());
      const passed = async (seconds: number): Promise<void> => {
        await wire.passed(seconds);
        for (const supplier of ['sts', 's3']) await setClock(wire, seconds + offset, supplier);
      };
      // This is about credentials: identity tokens are valid by any of these clocks.
      await wire.control('PUT', '/durations', { identityToken: DAY_SECONDS / 2 });
      await wire.fault({ supplier: 'sts', fault: 'error', code: 'InvalidIdentityToken', times: 1 });
      const headers = asTimelessAccount(wire, 1);
      await passed(0);
      assert.equal((await wire.get(READABLE, { headers })).status, 200);
      await wire.forgetCalls();
      for (const seconds of TWO_LIVES) {
        await passed(seconds);
        assert.equal((await wire.get(READABLE, { headers })).status, 200);
        await until('no call is under way', async () =>
          (await sessionsAtSts(wire)).every(({ status }) => status !== null),
        );
      }
      assert.equal((await sessionsAtSts(wire)).length, 2, 'two lives have come to their end');
      const refused = (await wire.calls('s3')).filter(({ status }) => status !== 200);
      assert.deepEqual(refused, [], 'S3 saw no credentials that had ended');
    });
  }
});

describe('a further hop', () => {
  it('is signed by STS’s clock, where ours is hours off', async (test) => {
    const wire = await startWire({ config: chained([TO_LAKE_DATA]) });
    test.after(() => wire.close());
    for (const [n, offset] of [TWO_HOURS, -TWO_HOURS].entries()) {
      // S3 cannot be read with such a clock; what counts here is that the chain comes to its end.
      await setClock(wire, offset);
      await wire.forgetCalls();
      await wire.get(READABLE, { headers: asAccount(wire, n) });
      const calls = await hopsAtSts(wire);
      assert.ok(calls.some(({ action, status }) => action === 'AssumeRole' && status === 200));
    }
  });
});
