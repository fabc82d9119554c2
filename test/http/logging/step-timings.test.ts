// Each step's durations must form a consistent histogram, because Prometheus computes wrong results from an inconsistent one.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startMeasuredWire } from '../../support/metrics.ts';
import type { MeasuredWire } from '../../support/metrics.ts';

describe('the step duration metric', () => {
  let wire: MeasuredWire;
  before(async () => {
    wire = await startMeasuredWire();
  });
  after(() => wire.close());

  /** @returns the upper bound and the cumulative count of each bucket */
  const buckets = async (step: string): Promise<[bound: number, count: number][]> =>
    (await wire.metrics())
      .split('\n')
      .map((line) =>
        new RegExp(`^fedbridge_step_duration_seconds_bucket\\{le="(.*)",step="${step}"\\} (\\d+)$`).exec(
          line,
        ),
      )
      .filter((match) => match !== null)
      .map(([, bound, count]) => [bound === '+Inf' ? Infinity : Number(bound), Number(count)]);

  it('does not have buckets for a step that has not happened', async () => {
    assert.deepEqual(await buckets('s3_first_byte'), []);
    assert.match(await wire.metrics(), /^# TYPE fedbridge_step_duration_seconds histogram$/m);
  });

  it('counts each request once in every bucket whose upper bound is high enough', async () => {
    const before = await wire.metric('fedbridge_step_duration_seconds_count{step="token"}');
    for (let i = 0; i < 5; i += 1) {
      assert.equal((await wire.get('/acme-lake/raw/public/orders.csv', { as: 'reader' })).status, 200);
    }
    assert.equal((await wire.get('/acme-lake/raw/public/orders.csv', { as: 'stranger' })).status, 403);
    assert.equal(await wire.metric('fedbridge_step_duration_seconds_count{step="token"}'), before + 6);
    // A read that the bridge denies never reaches S3.
    for (const step of ['sts', 's3_first_byte']) {
      const counted = await buckets(step);
      assert.equal(counted.at(-1)?.[0], Infinity, step);
      assert.equal(counted.at(-1)?.[1], 5, step);
      assert.equal(await wire.metric(`fedbridge_step_duration_seconds_count{step="${step}"}`), 5);
      assert.deepEqual(
        counted.map(([bound]) => bound),
        counted.map(([bound]) => bound).toSorted((a, b) => a - b),
      );
      assert.deepEqual(
        counted.map(([, count]) => count),
        counted.map(([, count]) => count).toSorted((a, b) => a - b),
      );
    }
  });

  it('has a sum that is consistent with its buckets', async () => {
    const sum = await wire.metric('fedbridge_step_duration_seconds_sum{step="s3_first_byte"}');
    const counted = await buckets('s3_first_byte');
    let least = 0;
    let most = 0;
    let lower = 0;
    let before = 0;
    for (const [bound, count] of counted) {
      least += (count - before) * lower;
      most += count === before ? 0 : (count - before) * bound;
      lower = bound;
      before = count;
    }
    assert.ok(sum > 0 && sum >= least && sum <= most, `${least} to ${most}: ${sum}`);
  });
});
