// Generated reads with read-ahead from a faulty S3 never return a wrong byte, and never leak memory or a connection.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fuzzReadAhead } from './run-cases.ts';

it('1,000 generated reads return only right bytes, and leak nothing', async () => {
  // A fixed seed, so that this test always runs the same cases; `npm run fuzz:read-ahead` uses other seeds.
  const { failure, cases, parts, ends } = await fuzzReadAhead({ cases: 1_000, seed: 7 });
  assert.equal(failure, undefined);
  assert.equal(cases, 1_000);
  // Otherwise, the cases would no longer test what they are for.
  assert.ok(parts > 1_000, `only ${parts} parts`);
  for (const end of ['complete', 'left', 'failed'] as const) assert.ok((ends.get(end) ?? 0) > 50, end);
});
