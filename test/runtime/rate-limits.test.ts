// Token buckets limit each key to its burst, keep keys independent of each other, and use a bounded amount of memory.
import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { tokenBuckets } from '../../src/runtime/rate-limits.ts';

const HOUR_MS = 3_600_000;

describe('token buckets', () => {
  it('allow each key exactly its full burst', () => {
    const buckets = tokenBuckets({ burst: 3, intervalMs: HOUR_MS });
    for (const key of ['a', 'b', '']) {
      for (let i = 0; i < 3; i += 1) {
        assert.equal(buckets.has(key), true);
        buckets.take(key);
      }
      assert.equal(buckets.has(key), false);
    }
  });

  it('do not lose tokens if they are only checked', () => {
    const buckets = tokenBuckets({ burst: 1, intervalMs: HOUR_MS });
    for (let i = 0; i < 10; i += 1) assert.equal(buckets.has('a'), true);
  });

  it('refill one token per interval', async () => {
    const buckets = tokenBuckets({ burst: 1, intervalMs: 1 });
    buckets.take('a');
    while (!buckets.has('a')) await setTimeout(1);
    buckets.take('a');
  });

  it('free the memory of keys whose buckets are full, and keep all other keys', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const used = (): number => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    const spent = tokenBuckets({ burst: 1, intervalMs: HOUR_MS });
    const quick = tokenBuckets({ burst: 1, intervalMs: 1e-6 });
    const before = used();
    for (let i = 0; i < 200_000; i += 1) quick.take(`key ${i} of many, which come once and never again`);
    const grown = used() - before;
    assert.ok(grown < 2_000_000, `${grown} bytes`);
    assert.equal(quick.has('a'), true);
    for (let i = 0; i < 5_000; i += 1) spent.take(`key ${i}`);
    for (let i = 0; i < 5_000; i += 1) assert.equal(spent.has(`key ${i}`), false);
  });
});
