// A caller whose role cannot be assumed and who tries again and again does not make as many STS calls.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { asAccount, openToProject, READABLE, sessionsAtSts } from './sessions-at-sts.ts';
import { until } from './until.ts';
import { startWire } from './wire.ts';
import type { Wire } from './wire.ts';

const REQUESTS = 100;

describe('a role that cannot be assumed', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({ config: openToProject() });
  });
  after(() => wire.close());

  it('is not asked for by every request', async () => {
    await wire.fault({ supplier: 'sts', fault: 'error', code: 'AccessDenied' });
    await wire.forgetCalls();
    const headers = asAccount(wire, 1);
    for (let i = 0; i < REQUESTS; i += 1) {
      const reply = await wire.get(READABLE, { headers });
      assert.equal(reply.status, 502);
      assert.equal(reply.code, 'FederationFailed');
    }
    const calls = (await sessionsAtSts(wire)).length;
    assert.ok(calls >= 2 && calls <= REQUESTS / 5, `${calls} calls for ${REQUESTS} requests`);
  });

  it('does not slow another caller', async () => {
    await wire.forgetCalls();
    await wire.get(READABLE, { headers: asAccount(wire, 2) });
    assert.equal((await sessionsAtSts(wire)).length, 1);
  });

  it('serves within seconds once it is mended', async () => {
    await wire.clearFaults();
    const headers = asAccount(wire, 1);
    await until('served', async () => (await wire.get(READABLE, { headers })).status === 200);
  });
});
