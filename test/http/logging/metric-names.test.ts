// Metric names and types follow Prometheus's conventions (Prometheus, "Metric and label naming").
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startMeasuredWire } from '../../support/metrics.ts';
import type { MeasuredWire } from '../../support/metrics.ts';

describe("the bridge's metrics", () => {
  let wire: MeasuredWire;
  let types: ReadonlyMap<string, string>;
  before(async () => {
    wire = await startMeasuredWire();
    types = new Map(
      [...(await wire.metrics()).matchAll(/^# TYPE (fedbridge_\w+) (\w+)$/gm)].map(
        ([, name = '', type = '']) => [name, type],
      ),
    );
  });
  after(() => wire.close());

  it('have names that end in _total if and only if they are counters', () => {
    assert.ok(types.size > 5);
    assert.equal(types.get('fedbridge_log_lines_dropped_total'), 'counter');
    for (const [name, type] of types) assert.equal(name.endsWith('_total'), type === 'counter', name);
  });

  it('have names that end in a base unit if they are histograms', () => {
    const histograms = [...types].filter(([, type]) => type === 'histogram').map(([name]) => name);
    assert.ok(histograms.length > 0);
    for (const name of histograms) assert.match(name, /_(?:seconds|bytes)$/);
  });

  it('count each request exactly once across all labels', async () => {
    const count = async (): Promise<number> => wire.metric('fedbridge_request_duration_seconds_count');
    const before = await count();
    assert.equal((await wire.get('/acme-lake/raw/public/orders.csv', { as: 'reader' })).status, 200);
    assert.equal((await wire.get('/acme-lake/raw/public/orders.csv', { as: 'stranger' })).status, 403);
    assert.equal(await count(), before + 2);
    // If `total` were one of the steps, a sum over all steps would count each request more than once.
    assert.doesNotMatch(await wire.metrics(), /^fedbridge_step_duration_seconds_count\{step="total"\}/m);
  });
});
