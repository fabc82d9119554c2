// Computes a score from the pytest reports of two runs of ceph/s3-tests.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { outcomesIn, renderScore, scoreOf } from './outcomes.ts';

// A report in pytest 9's format.
const report = (cases: string): string =>
  `<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" errors="0">${cases}</testsuite></testsuites>`;
const passed = (name: string): string =>
  `<testcase classname="s3tests.functional.test_s3" name="${name}" time="0.1" />`;
const failed = (name: string, how = 'failure'): string =>
  `<testcase classname="s3tests.functional.test_s3" name="${name}" time="0.1"><${how} message="a &gt; b">text</${how}></testcase>`;

describe('a parsed pytest report', () => {
  it('lists the tests that passed and failed, but not those that were skipped', () => {
    const outcomes = outcomesIn(report(passed('test_a') + failed('test_b') + failed('test_c', 'skipped')));
    assert.deepEqual(
      [...outcomes],
      [
        ['test_a', true],
        ['test_b', false],
      ],
    );
  });

  it('does not count a test as passed if its cleanup failed', () => {
    assert.deepEqual(
      [...outcomesIn(report(passed('test_a') + failed('test_a', 'error')))],
      [['test_a', false]],
    );
  });
});

describe('the ceph/s3-tests score', () => {
  it('leaves out tests that fail when they are run without the bridge', () => {
    const direct = outcomesIn(report(passed('test_a') + passed('test_b') + failed('test_c')));
    const throughBridge = outcomesIn(report(passed('test_a') + failed('test_b') + passed('test_c')));
    const score = scoreOf(direct, throughBridge);
    assert.deepEqual(score, { direct: 2, throughBridge: 1, failing: ['test_b'] });
    assert.match(renderScore(score), /^## ceph\/s3-tests\n\n1 of 2 tests .*\n- `test_b`\n/s);
  });

  it('throws an error if no test passed without the bridge', () => {
    assert.throws(() => renderScore(scoreOf(new Map(), new Map())), /the suite did not run/);
  });
});
