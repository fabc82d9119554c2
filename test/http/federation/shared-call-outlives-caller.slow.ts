// The STS call that first requests share belongs to none of them: the one that began it may go away.
import assert from 'node:assert/strict';
import { request as send } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { PATIENT, startClockedWire } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { asAccount, openToProject, READABLE, sessionsAtSts } from '../../support/sessions-at-sts.ts';
import { until } from '../../support/until.ts';

describe('a caller that goes away during its first STS call', () => {
  let wire: ClockedWire;
  before(async () => {
    wire = await startClockedWire({ config: openToProject() });
  });
  after(() => wire.close());

  it('fails neither those who wait for the same call nor those who come later', async () => {
    await wire.setClocks(PATIENT);
    await wire.fault({ supplier: 'sts', fault: 'hold', times: 1 });
    await wire.forgetCalls();
    const headers = asAccount(wire, 1);
    const { hostname, port } = new URL(wire.bridge.url);
    const leaving = send({ hostname, port, path: READABLE, headers, agent: false });
    leaving.on('error', () => undefined).end();
    await until('STS is asked', async () => (await sessionsAtSts(wire)).length === 1);

    const waiting = Array.from({ length: 10 }, () => wire.get(READABLE, { headers }));
    leaving.destroy();
    const gone = await wire.bridge.line(({ abortedBy }) => abortedBy === 'caller');
    assert.equal(gone['fault'], undefined, 'nothing failed: the caller left');
    await until(
      'the others wait',
      async () => (await wire.metric('fedbridge_requests_in_flight')) >= waiting.length,
    );
    assert.equal((await sessionsAtSts(wire))[0]?.status, null, 'the call was still under way');
    await wire.clearFaults();

    for (const { status } of await Promise.all(waiting)) assert.equal(status, 200);
    assert.equal((await wire.get(READABLE, { headers })).status, 200);
    assert.deepEqual(
      (await sessionsAtSts(wire)).map(({ status }) => status),
      [200],
      'one call, which was not cancelled',
    );
  });
});
