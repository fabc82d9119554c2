// Finds the blocks of a Parquet file's footer that are not in memory.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createBlocks } from '../../src/cache/blocks.ts';
import { objectVersion } from '../../src/cache/object-version.ts';
import { missingFooter } from '../../src/cache/parquet-footer.ts';
import { parquet } from '../support/parquet.ts';

describe('the missing blocks of a footer', () => {
  const units = { blockBytes: 64, pageBytes: 16 };
  /** @returns the missing bytes, if the blocks with these indexes are in memory */
  const missing = (body: Buffer, inMemory: readonly number[]) => {
    const blocks = createBlocks(4096, units);
    const version = objectVersion({
      etag: '"1"',
      lastModified: undefined,
      versionId: undefined,
      size: body.length,
      headers: [],
      isKms: false,
      isVolatile: false,
    });
    for (const index of inMemory) {
      const block = blocks.begin(version, index);
      assert.ok(block !== undefined);
      blocks.append(block, body.subarray(index * 64, index * 64 + block.length));
    }
    return missingFooter(blocks, version);
  };

  it('begin with the block of its first byte, and end before the last block', () => {
    assert.deepEqual(missing(parquet(640, 640 - 8 - 128), [9]), { from: 128, to: 576 });
    assert.deepEqual(missing(parquet(640, 640 - 8 - 127), [9]), { from: 64, to: 576 });
    assert.equal(missing(parquet(640, 640 - 8 - 576), [9]), undefined);
  });

  it('do not include blocks at either end that are in memory', () => {
    assert.deepEqual(missing(parquet(640, 500), [2, 5, 8, 9]), { from: 192, to: 512 });
    assert.equal(missing(parquet(256, 150), [1, 2, 3]), undefined);
  });

  it('are found if the length of the footer begins in the block before the last one', () => {
    assert.deepEqual(missing(parquet(643, 500), [9, 10]), { from: 128, to: 576 });
    assert.equal(missing(parquet(643, 500), [10]), undefined);
  });

  it('are unknown if the last block is not in memory, or the object is smaller than any Parquet file', () => {
    assert.equal(missing(parquet(640, 500), [8]), undefined);
    for (const size of [0, 1, 7])
      assert.equal(missing(Buffer.alloc(size, 'PAR1'), size === 0 ? [] : [0]), undefined);
    assert.equal(missing(parquet(12, 1), [0]), undefined);
  });
});
