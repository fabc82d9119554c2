// A caller's concurrent first requests share one STS call, which continues even if the client that triggered it disconnects.
import assert from 'node:assert/strict';
import { request as send } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { PATIENT, startClockedWire } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { asAccount, openToProject, READABLE, sessionsAtSts } from '../../support/sessions-at-sts.ts';
import { until } from '../../support/until.ts';

describe('a caller that disconnects during its first STS call', () => {
  let wire: ClockedWire;
  before(async () => {
    wire = await startClockedWire({ config: openToProject() });
  });
  after(() => wire.close());

  it('does not cause errors for later requests, or for requests that wait for the same call', async () => {
    await wire.setClocks(PATIENT);
    await wire.fault({ upstream: 'sts', fault: 'hold', times: 1 });
    await wire.forgetCalls();
    const headers = asAccount(wire, 1);
    const { hostname, port } = new URL(wire.bridge.url);
    const leaving = send({ hostname, port, path: READABLE, headers, agent: false });
    leaving.on('error', () => undefined).end();
    await until('STS has received the call', async () => (await sessionsAtSts(wire)).length === 1);

    const waiting = Array.from({ length: 10 }, () => wire.get(READABLE, { headers }));
    leaving.destroy();
    const disconnected = await wire.bridge.line(({ abortedBy }) => abortedBy === 'caller');
    assert.equal(disconnected['fault'], undefined, 'a disconnect is not a fault');
    await until(
      'the other requests wait',
      async () => (await wire.metric('fedbridge_requests_in_flight')) >= waiting.length,
    );
    assert.equal((await sessionsAtSts(wire))[0]?.status, null, 'the call is still in flight');
    await wire.clearFaults();

    for (const { status } of await Promise.all(waiting)) assert.equal(status, 200);
    assert.equal((await wire.get(READABLE, { headers })).status, 200);
    assert.deepEqual(
      (await sessionsAtSts(wire)).map(({ status }) => status),
      [200],
      'one call, which was not canceled',
    );
  });
});
