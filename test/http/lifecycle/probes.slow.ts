// Requests to the liveness and readiness routes cause no calls to Google or AWS.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PATIENT, startClockedWire } from '../../support/faked-clock.ts';
import { until } from '../../support/until.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const PROBES = 100;
const UPSTREAMS = ['metadata', 'certs', 'sts', 's3'] as const;

async function probe(wire: Wire): Promise<void> {
  for (const path of ['/-/live', '/-/ready'])
    await Promise.all(Array.from({ length: PROBES }, () => wire.get(path)));
}

describe('a hundred probes', () => {
  it('of a ready bridge do not cause upstream calls', async (test) => {
    const wire = await startWire();
    test.after(() => wire.close());
    await wire.forgetCalls();
    await probe(wire);
    for (const upstream of UPSTREAMS) assert.deepEqual(await wire.calls(upstream), [], upstream);
  });

  it('of a bridge that is not ready do not cause upstream calls beyond those at startup', async (test) => {
    const wire = await startClockedWire({
      ready: false,
      clocks: PATIENT,
      faults: [{ upstream: 'sts', fault: 'hold' }],
    });
    test.after(() => wire.close());
    await until('STS has received the call', async () => (await wire.calls('sts')).length === 1);
    const metadata = (await wire.calls('metadata')).length;
    await probe(wire);
    assert.equal((await wire.calls('metadata')).length, metadata);
    assert.equal((await wire.calls('sts')).length, 1);
    assert.deepEqual(await wire.calls('s3'), []);
    assert.ok((await wire.calls('certs')).length <= 1, 'only the fetch at start');
    await wire.clearFaults();
  });
});
