// Generated reads with read-ahead from a faulty S3 never return a wrong byte and never leak memory or a connection.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fuzzReadAhead } from './run-cases.ts';

it('1,000 generated reads with read-ahead return only correct bytes, and do not leak memory or connections', async () => {
  // A fixed seed, so that this test always runs the same cases; `npm run fuzz:read-ahead` uses other seeds.
  const { failure, cases, parts, ends } = await fuzzReadAhead({ cases: 1_000, seed: 7 });
  assert.equal(failure, undefined);
  assert.equal(cases, 1_000);
  // With fewer parts, or with fewer responses of each kind, the cases would no longer test read-ahead.
  assert.ok(parts > 1_000, `only ${parts} parts`);
  // With this seed, 50 to 55 reads fail, because some faults depend on timing.
  for (const end of ['complete', 'left', 'failed'] as const) assert.ok((ends.get(end) ?? 0) > 30, end);
});
