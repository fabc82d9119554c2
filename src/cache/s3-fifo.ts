// Decides which block is evicted next, with the algorithm S3-FIFO: blocks that are read only once are evicted soon, and do not
// displace blocks that are read repeatedly.
import { lruList } from '../runtime/lru-list.ts';
import type { LruEntry, LruList } from '../runtime/lru-list.ts';

/** A block's position in the queues. Only the queues change it. */
export interface Queued {
  readonly pages: readonly number[];
  /** The number of pins; a pinned block is not evicted. */
  readonly pins: number;
  /** The number of times that the block was used since it was added or last spared, up to MAX_USES. */
  uses: number;
  queue: 'small' | 'main' | undefined;
}

export interface EvictionQueues<Block extends Queued> {
  /** @param isKnown whether the block was evicted a short time ago, which shows that it is read repeatedly */
  add(block: Block, isKnown: boolean): void;
  use(block: Block): void;
  /** Removes a block, if it is in a queue. */
  remove(block: Block): void;
  /**
   * Removes and returns the block to evict; undefined if all blocks are pinned.
   * @returns `isNew`: whether the block was in the queue for new blocks, and should be remembered after its eviction
   */
  evict(): { readonly block: Block; readonly isNew: boolean } | undefined;
  size(): number;
}

/** The share of the pages that is meant for new blocks (S3-FIFO, section 4.1). */
const SMALL_SHARE = 0.1;

/** A used block is spared at most this many times in a row. */
const MAX_USES = 3;

/**
 * Implements Yang et al., "FIFO queues are all you need for cache eviction" (2023). A block leaves the queue for new blocks
 * after one use. For blocks of files, this works better than the two uses in the paper.
 * @param pages the number of pages in the cache
 */
export function evictionQueues<Block extends Queued>(pages: number): EvictionQueues<Block> {
  const small = lruList<Block>();
  const main = lruList<Block>();
  const entries = new Map<Block, LruEntry<Block>>();
  let smallPages = 0;

  const addTo = (queue: 'small' | 'main', block: Block): void => {
    block.queue = queue;
    if (queue === 'small') smallPages += block.pages.length;
    entries.set(block, (queue === 'small' ? small : main).add(block));
  };
  const removeFrom = (list: LruList<Block>, entry: LruEntry<Block>): Block => {
    list.remove(entry);
    const block = entry.item;
    if (list === small) smallPages -= block.pages.length;
    entries.delete(block);
    block.queue = undefined;
    return block;
  };

  const evictFrom = (list: LruList<Block>): Block | undefined => {
    // Each block is spared at most MAX_USES times, and a pinned block is passed over once per round.
    for (let left = list.size() * (MAX_USES + 1); left > 0; left -= 1) {
      const entry = list.oldest();
      if (entry === undefined) return undefined;
      const block = removeFrom(list, entry);
      if (block.pins > 0) addTo(list === small ? 'small' : 'main', block);
      else if (block.uses === 0) return block;
      else {
        block.uses = list === small ? 0 : block.uses - 1;
        addTo('main', block);
      }
    }
    return undefined;
  };

  return {
    add: (block, isKnown) => {
      block.uses = 0;
      addTo(isKnown ? 'main' : 'small', block);
    },
    use: (block) => {
      if (block.uses < MAX_USES) block.uses += 1;
    },
    remove: (block) => {
      const entry = entries.get(block);
      if (entry !== undefined) removeFrom(block.queue === 'small' ? small : main, entry);
    },
    evict: () => {
      const isSmallFull = smallPages > pages * SMALL_SHARE;
      for (const list of isSmallFull ? [small, main] : [main, small]) {
        const block = evictFrom(list);
        if (block !== undefined) return { block, isNew: list === small };
      }
      return undefined;
    },
    size: () => small.size() + main.size(),
  };
}
