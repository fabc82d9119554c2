// A cache that does not fit into the container's memory is an error at startup, instead of a crash under load.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkCacheMemory } from '../../src/cli/cache-memory.ts';
import { ConfigError } from '../../src/config/problem.ts';

const MIB = 2 ** 20;
const cacheOf = (size: number) =>
  ({ cache: { memoryBytes: size * MIB, freshForSeconds: 0, kms: 'never' } }) as const;

function problemOf(check: () => void): string {
  try {
    check();
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
  return '';
}

describe('the startup check of the cache size', () => {
  it('accepts a cache only if at least 192 MiB of the memory limit remain', () => {
    assert.equal(
      problemOf(() => {
        checkCacheMemory(cacheOf(320), 512 * MIB);
      }),
      '',
    );
    assert.match(
      problemOf(() => {
        checkCacheMemory(cacheOf(321), 512 * MIB);
      }),
      /cache\.memory: must leave at least 192MiB of memory for the rest of the bridge, but is 321MiB, and .* has only 512MiB\. Write 320MiB or less, or give/,
    );
  });

  it('suggests more memory or no cache if even the smallest cache does not fit', () => {
    assert.match(
      problemOf(() => {
        checkCacheMemory(cacheOf(16), 200 * MIB);
      }),
      /Give the container or machine more memory, or remove `cache`\./,
    );
  });

  it("compares the cache size with this machine's memory by default", () => {
    assert.match(
      problemOf(() => {
        checkCacheMemory(cacheOf(2 ** 20));
      }),
      /is 1TiB, and .* has only/,
    );
  });

  it('accepts any memory limit if there is no cache', () => {
    assert.equal(
      problemOf(() => {
        checkCacheMemory({}, 1);
      }),
      '',
    );
  });
});
