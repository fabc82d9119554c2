// Sessions that started together are not all renewed together: ten are renewed at once, then ten per second. New callers do not
// wait for these renewals.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { asTimelessAccount, startClockedWire, STOPPED } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { openToProject, READABLE, sessionsAtSts } from '../../support/sessions-at-sts.ts';
import { until } from '../../support/until.ts';

/** Seconds since the one-hour credentials were issued. The bridge renews the credentials in their last five to six minutes. */
const DUE_SECONDS = 3400;
const BURST = 10;
/** Ten more renewals are allowed each second; the extra millisecond compensates for rounding errors. */
const SECOND_MS = 1_001;
const SESSIONS = 100;
const NEWCOMERS = 40;

const upTo = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => from + i);

describe('a hundred sessions due for renewal at the same time', () => {
  let wire: ClockedWire;
  let headers: readonly Record<string, string>[] = [];
  const getAll = async (accounts: readonly number[]): Promise<Set<number>> => {
    const replies = await Promise.all(accounts.map((n) => wire.get(READABLE, { headers: headers[n] ?? {} })));
    return new Set(replies.map(({ status }) => status));
  };
  const renewals = async (): Promise<number> =>
    (await sessionsAtSts(wire)).filter(({ roleSessionName }) => /^job-\d\d?@/.test(roleSessionName)).length;
  const settled = (): Promise<void> =>
    until('no call is under way', async () =>
      (await sessionsAtSts(wire)).every(({ status }) => status !== null),
    );

  before(async () => {
    wire = await startClockedWire({ config: openToProject() });
    headers = upTo(SESSIONS + NEWCOMERS).map((n) => asTimelessAccount(wire, n));
    assert.deepEqual(await getAll(upTo(SESSIONS)), new Set([200]));
    await wire.forgetCalls();
    await wire.passed(DUE_SECONDS, STOPPED);
  });
  after(() => wire.close());

  it('all stay in use while the first ten are renewed', async () => {
    assert.deepEqual(await getAll(upTo(SESSIONS)), new Set([200]));
    await until('STS has received the calls', async () => (await renewals()) >= BURST);
    assert.equal(await renewals(), BURST);
  });

  it('do not delay new callers', async () => {
    assert.deepEqual(await getAll(upTo(NEWCOMERS, SESSIONS)), new Set([200]));
    const names = (await sessionsAtSts(wire)).map(({ roleSessionName }) => roleSessionName);
    assert.equal(names.filter((name) => /^job-\d{3}@/.test(name)).length, NEWCOMERS, 'one call each');
  });

  it('are all renewed in time, ten per second', async () => {
    for (let seconds = 1; seconds < SESSIONS / BURST; seconds += 1) {
      await settled();
      await wire.passed(DUE_SECONDS, { ...STOPPED, steadyAheadMs: seconds * SECOND_MS });
      assert.deepEqual(await getAll(upTo(SESSIONS)), new Set([200]));
      await until('STS has received the calls', async () => (await renewals()) >= BURST * (seconds + 1));
      assert.equal(await renewals(), BURST * (seconds + 1));
    }
  });

  it('are each renewed only once', async () => {
    await settled();
    await wire.passed(DUE_SECONDS, { ...STOPPED, steadyAheadMs: SESSIONS * SECOND_MS });
    assert.deepEqual(await getAll(upTo(SESSIONS)), new Set([200]));
    await settled();
    assert.equal(await renewals(), SESSIONS);
  });
});
