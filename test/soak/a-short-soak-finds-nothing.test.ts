// Mixed load with faults of all kinds, for a short while: no wrong byte, no error without a cause, nothing that is kept.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { KINDS } from './plan.ts';
import { textOf } from './report.ts';
import { soak } from './run.ts';

it('a short soak finds nothing', async () => {
  const report = await soak({ seed: 20, seconds: 15 });
  const text = textOf(report);
  assert.deepEqual(report.findings, [], text);
  // It has asked and struck enough to have found something.
  assert.deepEqual(Object.keys(report.byKind).sort(), [...KINDS].sort(), text);
  for (const how of ['reset', 'refusal', 'cut', 'stall', 'hang'])
    assert.ok(report.strikes[how], `${how}:\n${text}`);
  assert.ok(report.spells >= 3, text);
});
