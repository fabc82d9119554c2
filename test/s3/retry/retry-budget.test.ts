// The retry budget: one caller may spend what nobody else needs, and never the last of it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { retryBudget } from '../../../src/s3/retry/retry.ts';

/** Retries until the first that is refused. */
function spendAll(spend: () => boolean): number {
  for (let spent = 0; ; spent += 1) if (!spend()) return spent;
}

describe('the retry budget', () => {
  it('leaves other callers their retries if one caller spends all that it can', () => {
    const budget = retryBudget();
    for (let i = 0; i < 10_000; i += 1) budget.earn();
    assert.ok(spendAll(() => budget.spend('greedy')) >= 90);
    for (const caller of ['a', 'b', 'a', 'b']) assert.equal(budget.spend(caller), true);
  });

  it('saves no more than a hundred retries, however many requests there were', () => {
    const budget = retryBudget();
    for (let i = 0; i < 100_000; i += 1) budget.earn();
    let callers = 0;
    const begun = performance.now();
    const spent = spendAll(() => budget.spend(`caller ${(callers += 1)}`));
    const most = 100 + ((performance.now() - begun) / 1000) * 10 + 1;
    assert.ok(spent >= 100 && spent <= most, `${spent} retries, and no more than ${most} may be`);
  });
});
