// Sessions that began together do not ask STS together when they are due: ten at once and ten a second, while who comes for the
// first time does not wait for them.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { asTimelessAccount, startClockedWire } from './faked-clock.ts';
import type { ClockedWire } from './faked-clock.ts';
import { openToProject, READABLE, sessionsAtSts } from './sessions-at-sts.ts';
import { until } from './until.ts';

/** Of an hour; renewal is due in its last five minutes, and by chance up to one earlier. */
const DUE_SECONDS = 3400;
const [BURST, PER_SECOND] = [10, 10];
const SESSIONS = 100;
const NEWCOMERS = 40;

const upTo = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => from + i);

describe('a hundred sessions that are due at once', () => {
  let wire: ClockedWire;
  let headers: readonly Record<string, string>[] = [];
  let dueAt = 0;
  const get = async (n: number): Promise<number> =>
    (await wire.get(READABLE, { headers: headers[n] ?? {} })).status;
  const getAll = async (accounts: readonly number[]): Promise<Set<number>> =>
    new Set(await Promise.all(accounts.map(get)));
  /** When STS was asked to renew, in milliseconds since they were due. */
  const renewals = async (): Promise<readonly number[]> =>
    (await sessionsAtSts(wire))
      .filter(({ roleSessionName }) => /^job-\d\d?@/.test(roleSessionName))
      .map(({ at }) => Date.parse(at) - dueAt)
      .sort((a, b) => a - b);

  before(async () => {
    wire = await startClockedWire({ config: openToProject() });
    headers = upTo(SESSIONS + NEWCOMERS).map((n) => asTimelessAccount(wire, n));
    assert.deepEqual(await getAll(upTo(SESSIONS)), new Set([200]));
    await wire.forgetCalls();
    dueAt = Date.now();
    await wire.passed(DUE_SECONDS);
  });
  after(() => wire.close());

  it('serve on, whether their turn has come or not', async () => {
    assert.deepEqual(await getAll(upTo(SESSIONS)), new Set([200]));
  });

  it('let newcomers through at once', async () => {
    assert.deepEqual(await getAll(upTo(NEWCOMERS, SESSIONS)), new Set([200]));
    const names = (await sessionsAtSts(wire)).map(({ roleSessionName }) => roleSessionName);
    assert.equal(names.filter((name) => /^job-\d{3}@/.test(name)).length, NEWCOMERS, 'one call each');
  });

  it('are all renewed in time, ten at once and ten a second', async () => {
    await until(
      'all are renewed',
      async () => {
        assert.deepEqual(await getAll(upTo(SESSIONS)), new Set([200]));
        return (await renewals()).length === SESSIONS;
      },
    );
    for (const [i, ms] of (await renewals()).entries()) {
      const most = BURST + (PER_SECOND * ms) / 1000;
      assert.ok(i + 1 <= most + 1, `${i + 1} calls after ${ms} ms, where ${most} may have begun`);
    }
  });

  it('are renewed once each', async () => {
    assert.deepEqual(await getAll(upTo(SESSIONS)), new Set([200]));
    assert.equal((await renewals()).length, SESSIONS);
  });
});
