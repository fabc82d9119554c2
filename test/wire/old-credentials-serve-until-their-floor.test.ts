// While STS fails, what is held goes on serving until shortly before its end; then callers are told, and served again soon.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { asAccount, openToProject, READABLE, sessionsAtSts } from './sessions-at-sts.ts';
import { until } from './until.ts';
import { startWire } from './wire.ts';
import type { Wire } from './wire.ts';

const LIFE_SECONDS = 8;

describe('while STS refuses to renew', () => {
  let wire: Wire;
  const headers = (): Record<string, string> => asAccount(wire, 1);
  before(async () => {
    wire = await startWire({ config: openToProject() });
    await wire.control('PUT', '/durations', { credentials: LIFE_SECONDS });
  });
  after(() => wire.close());

  it('the old credentials serve until a tenth of their life is left, and not beyond', async () => {
    // STS tells whole seconds, of the time and of the end: early in one it is known which.
    await until('early in a second', () => Date.now() % 1000 < 300);
    assert.equal((await wire.get(READABLE, { headers: headers() })).status, 200);
    const [first] = await sessionsAtSts(wire);
    const obtained = Date.parse(first?.at ?? '');
    const life = LIFE_SECONDS * 1000;
    await wire.fault({ supplier: 'sts', fault: 'error', code: 'AccessDenied' });
    await wire.forgetCalls();
    let lastServed = 0;
    let status = 200;
    while (status === 200) {
      const asked = Date.now() - obtained;
      ({ status } = await wire.get(READABLE, { headers: headers() }));
      if (status === 200) lastServed = asked;
      await setTimeout(20);
    }
    assert.equal(status, 502);
    assert.ok(lastServed > 0.5 * life, `the last was served after ${lastServed} of ${life} ms`);
    assert.ok(lastServed < 0.91 * life, `the last was served after ${lastServed} of ${life} ms`);
    assert.ok((await wire.calls('s3')).every((call) => call['status'] === 200));
    const attempts = (await sessionsAtSts(wire)).length;
    assert.ok(attempts >= 2 && attempts <= 6, `${attempts} calls, with pauses between`);
  });

  it('the log says so, with the fault and its remedy', async () => {
    const line = await wire.bridge.line(({ message }) =>
      String(message).includes('the old ones serve while they last'),
    );
    assert.equal(line['severity'], 'ERROR');
    assert.equal(line['fault'], 'sts_denied');
    assert.match(String(line['remedy']), /trust policy/);
  });

  it('callers are served again once STS is back', async () => {
    await wire.clearFaults();
    await until(
      'a request is served',
      async () => (await wire.get(READABLE, { headers: headers() })).status === 200,
    );
  });

  it('what ended while nobody asked is renewed before it is used', async () => {
    await wire.control('PUT', '/durations', { credentials: 2 });
    const later = asAccount(wire, 2);
    assert.equal((await wire.get(READABLE, { headers: later })).status, 200);
    await setTimeout(2_100);
    await wire.forgetCalls();
    assert.equal((await wire.get(READABLE, { headers: later })).status, 200);
    assert.equal((await sessionsAtSts(wire)).length, 1);
    assert.deepEqual(
      (await wire.calls('s3')).map(({ status }) => status),
      [200],
    );
  });
});
