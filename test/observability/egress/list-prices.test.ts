// Egress prices are AWS's list prices with their dates, or the prices in the configuration. An unknown price stays unknown.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { egressReport } from '../../../src/observability/egress/egress-report.ts';
import { egressTotals } from '../../../src/observability/egress/egress-totals.ts';
import { priceOf } from '../../../src/observability/egress/list-prices.ts';

const NONE = new Map();
const GB = 2 ** 30;

describe('the egress price', () => {
  it('depends on the region and the path, and has a date', () => {
    assert.equal(priceOf('us-east-1', 'internet', NONE)?.perGB, 0.09);
    assert.equal(priceOf('sa-east-1', 'internet', NONE)?.perGB, 0.15);
    assert.equal(priceOf('us-east-1', 'cloudfront', NONE)?.perGB, 0.085);
    assert.equal(priceOf('ap-northeast-1', 'cloudfront', NONE)?.perGB, 0.114);
    assert.match(priceOf('us-east-1', 'internet', NONE)?.date ?? '', /2026/);
    assert.match(priceOf('sa-east-1', 'internet', NONE)?.date ?? '', /2022/);
  });

  it('is unknown for regions without a price source, and for custom endpoints', () => {
    for (const region of ['me-central-1', 'cn-north-1', 'us-gov-west-1', 'constructor', undefined])
      assert.equal(priceOf(region, 'internet', NONE), undefined);
    for (const region of ['cn-north-1', 'us-gov-west-1', undefined])
      assert.equal(priceOf(region, 'cloudfront', NONE), undefined);
    assert.equal(priceOf('us-east-1', 'endpoint', NONE), undefined);
  });

  it('can be configured for each path separately, and can be zero', () => {
    const prices = new Map([['us-east-1', { internet: 0.05, endpoint: 0 }]]);
    assert.deepEqual(priceOf('us-east-1', 'internet', prices), {
      perGB: 0.05,
      date: 'as configured',
      source: 'egress.prices in the configuration',
    });
    assert.equal(priceOf('us-east-1', 'endpoint', prices)?.perGB, 0);
    assert.equal(priceOf('us-east-1', 'cloudfront', prices)?.perGB, 0.085);
  });
});

describe('an egress report', () => {
  it('adds up bytes, multiplies them by the price, and leaves bytes without a known price out of the cost', () => {
    const totals = egressTotals();
    const direct = { region: 'us-east-1', path: 'internet' } as const;
    totals.add('a', 'lake', direct, GB);
    totals.add('a', 'lake', { ...direct }, 2 * GB);
    totals.add('a', 'lake', { region: 'us-east-1', path: 'cloudfront' }, GB);
    totals.add('b', 'lake', { region: undefined, path: 'internet' }, 10 * GB);
    const report = egressReport(totals.rows(), NONE);
    assert.deepEqual(
      report.rows.map(({ caller, path, bytes, pricePerGB, estimatedCost }) => [
        caller,
        path,
        bytes / GB,
        pricePerGB,
        estimatedCost,
      ]),
      [
        ['b', 'internet', 10, null, null],
        ['a', 'internet', 3, 0.09, 0.27],
        ['a', 'cloudfront', 1, 0.085, 0.085],
      ],
    );
    assert.deepEqual(report.total, { bytes: 14 * GB, estimatedCost: 0.355, bytesWithoutPrice: 10 * GB });
    assert.equal(report.priceSources.length, 2);
    assert.deepEqual([report.estimate, report.rows[1]?.priceSource], [true, 0]);
  });
});
