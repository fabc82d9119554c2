// One caller may use retries that no other caller needs, but never the whole retry budget.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { retryBudget } from '../../../src/s3/retry/retry.ts';

/** Spends retries until one is rejected. @returns the number of retries */
function spendAll(spend: () => boolean): number {
  for (let spent = 0; ; spent += 1) if (!spend()) return spent;
}

describe('the retry budget', () => {
  it('leaves retries for other callers even if one caller uses its maximum', () => {
    const budget = retryBudget();
    for (let i = 0; i < 10_000; i += 1) budget.earn();
    assert.ok(spendAll(() => budget.spend('greedy')) >= 90);
    for (const caller of ['a', 'b', 'a', 'b']) assert.equal(budget.spend(caller), true);
  });

  it('accumulates at most 100 retries, however many requests were sent', () => {
    const budget = retryBudget();
    for (let i = 0; i < 100_000; i += 1) budget.earn();
    let callers = 0;
    const begun = performance.now();
    const spent = spendAll(() => budget.spend(`caller ${(callers += 1)}`));
    const most = 100 + ((performance.now() - begun) / 1000) * 10 + 1;
    assert.ok(spent >= 100 && spent <= most, `${spent} retries, but at most ${most} are allowed`);
  });
});
