// Google's, STS's or S3's clock may be hours off: what is held serves on where it can, and no request makes an STS call of its own.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { chained, hopsAtSts, TO_LAKE_DATA } from './chain.ts';
import { asAccount, identityTokensAsked, openToProject, READABLE, sessionsAtSts } from './sessions-at-sts.ts';
import { until } from './until.ts';
import { startWire } from './wire.ts';
import type { Wire } from './wire.ts';

const REQUESTS = 40;
const TWO_HOURS = 7200;
/** What S3 takes for a signature's age is a quarter of an hour. */
const TEN_MINUTES = 600;
const LIFE_SECONDS = 5;

const setClock = (wire: Wire, offsetSeconds: number, supplier?: string): Promise<unknown> =>
  wire.control('PUT', '/clock', { offsetSeconds, ...(supplier === undefined ? {} : { supplier }) });

/** The statuses of many requests of one caller, one after the other. */
async function statusesOf(wire: Wire, headers: Record<string, string>): Promise<Set<number>> {
  const statuses = new Set<number>();
  for (let i = 0; i < REQUESTS; i += 1) statuses.add((await wire.get(READABLE, { headers })).status);
  return statuses;
}

/** What STS gave by a wrong clock S3 may refuse by a right one, and such refusals are worth one STS call in six seconds. */
const served = (wire: Wire, headers: Record<string, string>): Promise<void> =>
  until(
    'served once the clocks are right',
    async () => (await wire.get(READABLE, { headers })).status === 200,
    30_000,
  );

describe('a clock that jumps', () => {
  let wire: Wire;
  let held: Record<string, string>;
  before(async () => {
    wire = await startWire({ config: openToProject() });
    held = asAccount(wire, 0);
    assert.equal((await wire.get(READABLE, { headers: held })).status, 200);
  });
  after(() => wire.close());

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
        const headers = asAccount(wire, account);
        await statusesOf(wire, headers);
        const calls = (await sessionsAtSts(wire)).length;
        assert.ok(calls >= 1 && calls <= REQUESTS / 2, `${calls} calls for ${REQUESTS} requests`);
        const tokens = await identityTokensAsked(wire);
        assert.ok(tokens <= calls, `${tokens} identity tokens`);

        await setClock(wire, 0);
        await served(wire, headers);
      });
    }
  }

  for (const [offset, what, status] of [
    [TWO_HOURS, 'ends what is held for S3', 503],
    [-TWO_HOURS, 'is corrected by what S3 says', 200],
  ] as const) {
    it(`of all of them by ${offset / 3600} h ${what}, costs few calls and passes with it`, async () => {
      await setClock(wire, offset);
      await wire.forgetCalls();
      assert.deepEqual(await statusesOf(wire, held), new Set([status]));
      const calls = (await sessionsAtSts(wire)).length;
      assert.ok(calls <= REQUESTS / 2, `${calls} calls for ${REQUESTS} requests`);
      await setClock(wire, 0);
      await served(wire, held);
      await wire.forgetCalls();
      assert.deepEqual(await statusesOf(wire, held), new Set([200]));
      assert.ok((await wire.calls('sts')).length <= 1);
    });
  }
});

describe('AWS, whose clocks are', { concurrency: true }, () => {
  for (const offset of [TEN_MINUTES, -TEN_MINUTES]) {
    it(`${offset / 60} minutes off, is asked for credentials as often as they end`, async (test) => {
      const wire = await startWire({ config: openToProject() });
      test.after(() => wire.close());
      for (const supplier of ['sts', 's3']) await setClock(wire, offset, supplier);
      await wire.control('PUT', '/durations', { credentials: LIFE_SECONDS });
      const headers = asAccount(wire, 1);
      assert.equal((await wire.get(READABLE, { headers })).status, 200);
      await wire.forgetCalls();
      const statuses = new Set<number>();
      const begun = Date.now();
      while (Date.now() - begun < 2.5 * LIFE_SECONDS * 1000) {
        statuses.add((await wire.get(READABLE, { headers })).status);
        await setTimeout(50);
      }
      assert.deepEqual(statuses, new Set([200]));
      const calls = (await sessionsAtSts(wire)).length;
      assert.ok(calls >= 2 && calls <= 5, `${calls} calls in two and a half lives`);
      const refused = (await wire.calls('s3')).filter(({ status }) => status !== 200).length;
      assert.ok(refused < calls, `${refused} times S3 saw credentials that had ended`);
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
