// The store of blocks: finds, fills, pins and evicts them.
import { lruList } from '../runtime/lru-list.ts';
import type { LruEntry } from '../runtime/lru-list.ts';
import type { Block, ObjectVersion } from './object-version.ts';
import { evictionQueues } from './s3-fifo.ts';
import { createSlab } from './slab.ts';

/** The units of the cache. Tests use smaller units to cover more block boundaries with fewer bytes. */
export interface Units {
  /** The length of each block of an object except the last. Larger blocks would make small random reads expensive. */
  readonly blockBytes: number;
  /**
   * The unit of memory: a block takes whole pages. Larger pages would waste memory on small objects; with smaller pages, a
   * fragmented block would be sent in too many pieces.
   */
  readonly pageBytes: number;
}

const UNITS: Units = { blockBytes: 1024 * 1024, pageBytes: 16 * 1024 };

/**
 * Pinned blocks may take at most this share of the memory before new blocks are no longer stored, so that slow readers cannot
 * occupy the whole cache.
 */
const MAX_PINNED_SHARE = 0.5;

export interface Blocks {
  readonly blockBytes: number;
  /** Returns the index of the block that contains this byte of the object. */
  indexAt(at: number): number;
  /** @returns a block that is complete or being filled */
  find(version: ObjectVersion, index: number): Block | undefined;
  /** @returns the index of the first incomplete block with bytes from `from` up to `to`; undefined if there is none */
  firstMissing(version: ObjectVersion, from: number, to: number): number | undefined;
  /** Records that a request found a complete block. */
  use(block: Block): void;
  /** Whether this many bytes can be stored now, possibly after evictions. */
  hasRoom(bytes: number): boolean;
  /** Creates a block to be filled, which must not exist yet. @returns undefined if there is no memory for it */
  begin(version: ObjectVersion, index: number): Block | undefined;
  /** Adds bytes to a block that is being filled. The block is complete when all its bytes have arrived. */
  append(block: Block, bytes: Buffer | string): void;
  /** Removes a block that is being filled, because its remaining bytes will not arrive. */
  abandon(block: Block): void;
  /** Pins a block: until it is unpinned, its memory is not reused. Each call must be matched by one call to `unpin`. */
  pin(block: Block): void;
  unpin(block: Block): void;
  /** Returns bytes of a pinned block, like the slab's `view`. */
  view(block: Block, from: number, to: number): Buffer;
  text(block: Block, from: number, to: number): string;
  /** Removes the blocks of a version, except those that are being filled or sent. */
  drop(version: ObjectVersion): void;
  /** Evicts one block, as if memory were needed. @returns false if no block can be evicted */
  evict(): boolean;
  usage(): BlockUsage;
}

export interface BlockUsage {
  readonly usedBytes: number;
  readonly capacityBytes: number;
  readonly pinnedBytes: number;
  readonly evictions: number;
}

/** @param bytes the size of the memory, which is allocated now */
export function createBlocks(bytes: number, { blockBytes, pageBytes } = UNITS): Blocks {
  const slab = createSlab(bytes, pageBytes);
  const queues = evictionQueues<Block>(slab.pages);
  // The blocks that were evicted a short time ago; at most as many as there are blocks in memory.
  const evicted = lruList<Block>();
  const entries = new Map<Block, LruEntry<Block>>();
  let pinnedPages = 0;
  let evictions = 0;

  const forget = (block: Block): void => {
    const entry = entries.get(block);
    if (entry === undefined) return;
    entries.delete(block);
    evicted.remove(entry);
    if (block.version.blocks.get(block.index) === block) block.version.blocks.delete(block.index);
  };

  const release = (block: Block): void => {
    slab.give(block.pages);
    block.pages = [];
    block.state = 'evicted';
  };

  const evict = (): boolean => {
    const victim = queues.evict();
    if (victim === undefined) return false;
    const { block, isNew } = victim;
    release(block);
    evictions += 1;
    if (isNew) entries.set(block, evicted.add(block));
    else block.version.blocks.delete(block.index);
    while (evicted.size() > queues.size() + 1) {
      const oldest = evicted.oldest();
      if (oldest !== undefined) forget(oldest.item);
    }
    return true;
  };

  const firstMissing: Blocks['firstMissing'] = (version, from, to) => {
    for (let index = Math.floor(from / blockBytes); index * blockBytes < to; index += 1)
      if (version.blocks.get(index)?.state !== 'complete') return index;
    return undefined;
  };

  const hasRoom = (length: number): boolean =>
    pinnedPages + Math.ceil(length / pageBytes) <= slab.pages * MAX_PINNED_SHARE;
  const takePages = (length: number): readonly number[] | undefined => {
    if (!hasRoom(length)) return undefined;
    const needed = Math.ceil(length / pageBytes);
    while (slab.freePages() < needed) if (!evict()) return undefined;
    return slab.take(length);
  };

  const pin = (block: Block): void => {
    if (block.pins === 0) pinnedPages += block.pages.length;
    block.pins += 1;
  };
  const unpin = (block: Block): void => {
    block.pins -= 1;
    if (block.pins > 0) return;
    pinnedPages -= block.pages.length;
    // An abandoned block is in no queue, so its memory must be freed here, when no response needs the block any more.
    if (block.state === 'evicted') release(block);
  };

  return {
    blockBytes,
    indexAt: (at) => Math.floor(at / blockBytes),
    find: (version, index) => {
      const block = version.blocks.get(index);
      return block?.state === 'evicted' ? undefined : block;
    },
    firstMissing,
    use: queues.use,
    hasRoom,
    begin: (version, index) => {
      const length = Math.min(blockBytes, version.size - index * blockBytes);
      const pages = takePages(length);
      if (pages === undefined) return undefined;
      const known = version.blocks.get(index);
      const isKnown = known !== undefined;
      if (isKnown) forget(known);
      const block: Block = {
        version,
        index,
        length,
        state: 'filling',
        filled: 0,
        pages,
        pins: 0,
        uses: 0,
        queue: undefined,
        isKnown,
      };
      pin(block);
      version.blocks.set(index, block);
      return block;
    },
    append: (block, added) => {
      slab.write(block.pages, block.filled, added);
      block.filled += added.length;
      if (block.filled < block.length) return;
      block.state = 'complete';
      queues.add(block, block.isKnown);
      unpin(block);
    },
    abandon: (block) => {
      block.state = 'evicted';
      if (block.version.blocks.get(block.index) === block) block.version.blocks.delete(block.index);
      unpin(block);
    },
    pin,
    unpin,
    view: (block, from, to) => slab.view(block.pages, from, to),
    text: (block, from, to) => slab.text(block.pages, from, to),
    drop: (version) => {
      for (const block of [...version.blocks.values()]) {
        if (block.state === 'evicted') forget(block);
        else if (block.state === 'complete' && block.pins === 0) {
          queues.remove(block);
          version.blocks.delete(block.index);
          release(block);
        }
      }
    },
    evict,
    usage: () => ({
      usedBytes: (slab.pages - slab.freePages()) * pageBytes,
      capacityBytes: slab.pages * pageBytes,
      pinnedBytes: pinnedPages * pageBytes,
      evictions,
    }),
  };
}
