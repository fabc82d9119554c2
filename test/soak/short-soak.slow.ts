// Mixed load with faults of all kinds, for a short while: no wrong byte, no error without a cause, nothing that is kept.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { KINDS } from './plan.ts';
import { textOf } from './report.ts';
import { soak } from './run.ts';

/** Without these faults there would have been nothing to find. */
const STRIKES = ['reset', 'refusal', 'cut', 'stall', 'hang'];

it('a short soak finds nothing', async () => {
  const report = await soak({
    seed: 20,
    seconds: 15,
    isEnough: ({ kinds, strikes, spells }) =>
      KINDS.every((kind) => kinds.has(kind)) && STRIKES.every((how) => strikes.has(how)) && spells >= 3,
  });
  assert.deepEqual(report.findings, [], textOf(report));
});
