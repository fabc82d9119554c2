// 20,000 random operations: no wrong byte, and no byte to a session to which S3 has not confirmed the version for that action.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runOracle } from './oracle/oracle.ts';

const SEED = 20_261_129;

const runs = [
  {
    name: 'each read is confirmed, and blocks are often evicted',
    freshForMs: 0,
    evictions: 0.3,
    faults: 0.02,
  },
  { name: 'a block is evicted at every step', freshForMs: 0, evictions: 1, faults: 0.01 },
  { name: 'confirmations count for a while', freshForMs: 40, evictions: 0.1, faults: 0.02 },
  { name: 'S3 often fails', freshForMs: 20, evictions: 0.2, faults: 0.15 },
] as const;

for (const [i, { name, ...options }] of runs.entries())
  it(`serves only confirmed bytes if ${name}`, async () => {
    const report = await runOracle({ ...options, operations: 5_000, seed: SEED + i });
    // The run proves something only if the cache was used.
    assert.ok(report.complete > 500, JSON.stringify(report));
    assert.ok(report.evictions > 500, JSON.stringify(report));
    assert.ok(report.results.confirmed + report.results.hit > 50, JSON.stringify(report));
  });
