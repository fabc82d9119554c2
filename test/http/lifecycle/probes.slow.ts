// Probes of the platform, and anybody else who asks whether the bridge is up, make it ask neither Google nor AWS.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PATIENT, startClockedWire } from '../../support/faked-clock.ts';
import { until } from '../../support/until.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const PROBES = 100;
const SUPPLIERS = ['metadata', 'certs', 'sts', 's3'] as const;

async function probe(wire: Wire): Promise<void> {
  for (const path of ['/-/live', '/-/ready'])
    await Promise.all(Array.from({ length: PROBES }, () => wire.get(path)));
}

describe('a hundred probes', () => {
  it('of a bridge that is ready cause no call', async (test) => {
    const wire = await startWire();
    test.after(() => wire.close());
    await wire.forgetCalls();
    await probe(wire);
    for (const supplier of SUPPLIERS) assert.deepEqual(await wire.calls(supplier), [], supplier);
  });

  it('of a bridge that is not cause none beside those it makes by itself', async (test) => {
    const wire = await startClockedWire({
      ready: false,
      clocks: PATIENT,
      faults: [{ supplier: 'sts', fault: 'hold' }],
    });
    test.after(() => wire.close());
    await until('STS is asked', async () => (await wire.calls('sts')).length === 1);
    const metadata = (await wire.calls('metadata')).length;
    await probe(wire);
    assert.equal((await wire.calls('metadata')).length, metadata);
    assert.equal((await wire.calls('sts')).length, 1);
    assert.deepEqual(await wire.calls('s3'), []);
    assert.ok((await wire.calls('certs')).length <= 1, 'at most what is fetched at start');
    await wire.clearFaults();
  });
});
