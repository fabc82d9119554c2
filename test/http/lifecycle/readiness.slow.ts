// A bridge is alive at once and ready when it has assumed a role; until then it goes on trying by itself and says why.
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

describe('a bridge that starts', { concurrency: true }, () => {
  it('is not ready while STS has not answered, and then is', async (test) => {
    const wire = await startClockedWire({
      ready: false,
      clocks: PATIENT,
      faults: [{ supplier: 'sts', fault: 'hold' }],
    });
    test.after(() => wire.close());
    await until('STS is asked', async () => (await wire.calls('sts')).length === 1);
    const down = await wire.get('/-/ready');
    const [call] = await wire.calls('sts');
    assert.equal(call?.['status'], null, 'STS has not answered yet');
    assert.equal(down.status, 503);
    assert.deepEqual(JSON.parse(down.text), { status: 'down' });
    assert.equal(await statusOf(wire, '/-/live'), 200);
    await wire.clearFaults();
    await until('ready', () => isReady(wire));
    assert.equal((await wire.calls('sts')).length, 1);
  });

  for (const [what, fault, told] of [
    ['STS refuses', { supplier: 'sts', fault: 'error', code: 'AccessDenied' }, 'sts_denied'],
    ['STS cannot be reached', { supplier: 'sts', fault: 'refuse' }, 'sts_unreachable'],
    [
      'there is no service account',
      { supplier: 'metadata', fault: 'status', status: 404 },
      'metadata_no_account',
    ],
    [
      'the metadata server cannot be reached',
      { supplier: 'metadata', fault: 'refuse' },
      'metadata_unreachable',
    ],
  ] as const satisfies readonly (readonly [string, Record<string, unknown>, FaultCode])[]) {
    it(`while ${what} is alive, says why it is not ready, and becomes so by itself`, async (test) => {
      const wire = await startWire({ ready: false, faults: [fault] });
      test.after(() => wire.close());
      const line = await wire.bridge.line(({ message }) => message === 'role lake could not be assumed');
      assert.equal(line['severity'], 'ERROR');
      assert.equal(line['fault'], told);
      assert.equal(line['remedy'], FAULTS[told].fix);
      assert.equal(await statusOf(wire, '/-/live'), 200);
      assert.equal(await statusOf(wire, '/-/ready'), 503);
      await wire.clearFaults();
      await until('ready, without any request', () => isReady(wire));
    });
  }
});
