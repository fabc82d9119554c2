// A bridge is live immediately and ready once it has assumed a role. Until then the bridge keeps retrying and logs why it is
// not ready.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FAULTS } from '../../../src/errors/table.ts';
import type { FaultCode } from '../../../src/errors/table.ts';
import { PATIENT, startClockedWire } from '../../support/faked-clock.ts';
import { until } from '../../support/until.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const statusOf = async (wire: Wire, path: string): Promise<number> => (await wire.get(path)).status;
const isReady = async (wire: Wire): Promise<boolean> => (await statusOf(wire, '/-/ready')) === 200;

describe('a bridge that is starting', { concurrency: true }, () => {
  it('becomes ready only once STS has responded', async (test) => {
    const wire = await startClockedWire({
      ready: false,
      clocks: PATIENT,
      faults: [{ upstream: 'sts', fault: 'hold' }],
    });
    test.after(() => wire.close());
    await until('STS has received the call', async () => (await wire.calls('sts')).length === 1);
    const down = await wire.get('/-/ready');
    const [call] = await wire.calls('sts');
    assert.equal(call?.['status'], null, 'STS has not responded yet');
    assert.equal(down.status, 503);
    assert.deepEqual(JSON.parse(down.text), { status: 'down' });
    assert.equal(await statusOf(wire, '/-/live'), 200);
    await wire.clearFaults();
    await until('the bridge is ready', () => isReady(wire));
    assert.equal((await wire.calls('sts')).length, 1);
  });

  for (const [what, fault, code] of [
    ['STS denies access', { upstream: 'sts', fault: 'error', code: 'AccessDenied' }, 'sts_denied'],
    ['STS is unreachable', { upstream: 'sts', fault: 'refuse' }, 'sts_unreachable'],
    [
      'there is no service account',
      { upstream: 'metadata', fault: 'status', status: 404 },
      'metadata_no_account',
    ],
    ['the metadata server is unreachable', { upstream: 'metadata', fault: 'refuse' }, 'metadata_unreachable'],
  ] as const satisfies readonly (readonly [string, Record<string, unknown>, FaultCode])[]) {
    it(`is live but not ready while ${what}, logs the reason, and recovers on its own`, async (test) => {
      const wire = await startWire({ ready: false, faults: [fault] });
      test.after(() => wire.close());
      const line = await wire.bridge.line(({ message }) => message === 'role lake could not be assumed');
      assert.equal(line['severity'], 'ERROR');
      assert.equal(line['fault'], code);
      assert.equal(line['remedy'], FAULTS[code].fix);
      assert.equal(await statusOf(wire, '/-/live'), 200);
      assert.equal(await statusOf(wire, '/-/ready'), 503);
      await wire.clearFaults();
      await until('the bridge is ready without any request', () => isReady(wire));
    });
  }
});
