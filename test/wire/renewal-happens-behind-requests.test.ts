// Credentials are renewed before they end, behind the requests that they serve: none waits, none fails, one call at a time.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { asAccount, openToProject, READABLE, sessionsAtSts } from './sessions-at-sts.ts';
import { until } from './until.ts';
import { startWire } from './wire.ts';
import type { Wire } from './wire.ts';

const LIFE_SECONDS = 4;
const STS_MS = 300;

describe('credentials that are about to end', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({ config: openToProject() });
    await wire.control('PUT', '/durations', { credentials: LIFE_SECONDS });
  });
  after(() => wire.close());

  it('serve while their renewal is under way', async () => {
    const headers = asAccount(wire, 1);
    assert.equal((await wire.get(READABLE, { headers })).status, 200);
    await wire.fault({ supplier: 'sts', fault: 'hang' });
    await wire.forgetCalls();
    await until('a request begins the renewal', async () => {
      assert.equal((await wire.get(READABLE, { headers })).status, 200);
      return (await sessionsAtSts(wire)).length > 0;
    });
    assert.equal((await wire.get(READABLE, { headers })).status, 200);
    const calls = await sessionsAtSts(wire);
    assert.ok(
      calls.every(({ status }) => status === null),
      'STS has not answered yet',
    );
  });

  it('are replaced in time over several lives, by one call at a time', async () => {
    await wire.clearFaults();
    await wire.fault({ supplier: 'sts', fault: 'delay', milliseconds: STS_MS });
    const headers = asAccount(wire, 2);
    assert.equal((await wire.get(READABLE, { headers })).status, 200);
    await wire.forgetCalls();
    const statuses = new Set<number>();
    const end = Date.now() + 2.2 * LIFE_SECONDS * 1000;
    const steady = async (): Promise<void> => {
      while (Date.now() < end) {
        statuses.add((await wire.get(READABLE, { headers })).status);
        await setTimeout(20);
      }
    };
    await Promise.all([steady(), steady(), steady()]);
    assert.deepEqual(statuses, new Set([200]));
    const own = (await sessionsAtSts(wire)).filter(({ roleSessionName }) =>
      roleSessionName.startsWith('job-2'),
    );
    const begun = own.map(({ at }) => Date.parse(at));
    assert.ok(begun.length >= 2, `${begun.length} renewals in two lives`);
    for (const [i, at] of begun.slice(1).entries()) {
      const since = at - (begun[i] ?? 0);
      assert.ok(since >= STS_MS, 'each begins after the last has ended');
      assert.ok(since > 0.4 * LIFE_SECONDS * 1000, 'and none much before it is due');
    }
    const refused = (await wire.calls('s3')).filter(({ status }) => status !== 200);
    assert.deepEqual(refused, [], 'S3 saw no credentials that had ended');
  });

  it('are not renewed when nobody uses them', async () => {
    await wire.clearFaults();
    await wire.control('PUT', '/durations', { credentials: 2 });
    assert.equal((await wire.get(READABLE, { headers: asAccount(wire, 3) })).status, 200);
    await wire.forgetCalls();
    await setTimeout(2_200);
    assert.deepEqual(await sessionsAtSts(wire), []);
  });
});
