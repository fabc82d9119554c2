// Under a short mixed load with all kinds of faults, the bridge sends no wrong bytes, reports no unexplained errors, and does
// not leak.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { KINDS } from './plan.ts';
import { textOf } from './report.ts';
import { soak } from './run.ts';

/** The soak continues until each of these faults has affected a request. */
const STRIKES = ['reset', 'refusal', 'cut', 'stall', 'hang'];

it('a short soak test of the bridge reports no findings', async () => {
  const report = await soak({
    seed: 20,
    seconds: 15,
    isEnough: ({ kinds, strikes, spells }) =>
      KINDS.every((kind) => kinds.has(kind)) && STRIKES.every((how) => strikes.has(how)) && spells >= 3,
  });
  assert.deepEqual(report.findings, [], textOf(report));
});
