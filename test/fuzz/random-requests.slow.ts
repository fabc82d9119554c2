// Tens of thousands of made-up requests: none crashes the bridge, hangs it, or gets to S3 outside its caller's grants.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fuzzInProcess } from './in-process.ts';
import { fuzzOnTheWire } from './on-the-wire.ts';
import { tellLoop, tellWire } from './tell.ts';

/** The same cases each time: other seeds are for `npm run fuzz`. */
const SEED = 7;

/** Of the parsers' own characters; less would mean that the cases no longer get through. */
const LEAST_REACHED = 0.95;
const PARSERS = /^src\/s3\/(?:target|operation|parse-operation)\.ts$/;

it('no made-up request gets through the steps otherwise than the documentation says', async () => {
  const report = await fuzzInProcess({ cases: 50_000, seed: SEED });
  assert.equal(report.failure, undefined, tellLoop(report, SEED));
  const parsers = report.reached.filter(([file]) => PARSERS.test(file));
  assert.equal(parsers.length, 3, tellLoop(report, SEED));
  for (const [file, share] of parsers) assert.ok(share > LEAST_REACHED, `${file}: ${share}`);
});

it('no made-up bytes make a running bridge ask S3 for what their caller may not read', async () => {
  const report = await fuzzOnTheWire({ cases: 2_000, seed: SEED });
  assert.equal(report.failure, undefined, tellWire(report, SEED));
  assert.ok(report.atS3 > 100, tellWire(report, SEED));
});
