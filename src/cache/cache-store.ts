// Everything that the cache keeps: facts, blocks and confirmations, in three separate stores, and counts of the cache's use.
import { createBlocks } from './blocks.ts';
import type { Blocks, BlockUsage, Units } from './blocks.ts';
import { createConfirmations } from './confirmations.ts';
import type { Confirmations } from './confirmations.ts';
import { objectSlots } from './object-slots.ts';
import type { ObjectSlots } from './object-slots.ts';
import type { CacheResult } from '../s3/signed-request.ts';

export interface CacheStore {
  /** The size of the cache that the configuration specifies. */
  readonly memoryBytes: number;
  readonly slots: ObjectSlots;
  readonly blocks: Blocks;
  readonly confirmations: Confirmations;
  readonly counts: CacheCounts;
}

/** Counts of the cache's use since the process started. */
export interface CacheCounts {
  readonly results: Record<CacheResult, number>;
  /** The number of requests with which S3 confirmed a cached version without sending its bytes again. */
  confirmations: number;
  /** Bytes that were in memory when a caller wanted them. */
  cachedBytes: number;
  /** Bytes of bodies that the cache received from S3, including those that no caller wanted. */
  s3Bytes: number;
  /** Bytes of bodies that were sent to callers, except those of requests that bypassed the cache. */
  sentBytes: number;
}

export interface CacheUsage extends BlockUsage, Readonly<CacheCounts> {
  readonly objects: number;
}

/** @param memoryBytes the size of the memory for blocks, which is allocated now */
export function createCacheStore(memoryBytes: number, units?: Units): CacheStore {
  const blocks = createBlocks(memoryBytes, units);
  const confirmations = createConfirmations();
  // Nothing finds the confirmations and blocks of an object that is no longer in the store, so they would only take memory.
  const slots = objectSlots((slot) => {
    confirmations.forget(slot);
    const { version } = slot;
    const isShared = slot.siblings.values().some((each) => each.version === version);
    if (version !== undefined && !isShared) blocks.drop(version);
  });
  return {
    memoryBytes,
    slots,
    blocks,
    confirmations,
    counts: {
      results: { hit: 0, confirmed: 0, miss: 0, bypass: 0 },
      confirmations: 0,
      cachedBytes: 0,
      s3Bytes: 0,
      sentBytes: 0,
    },
  };
}

export function cacheUsage({ blocks, slots, counts }: CacheStore): CacheUsage {
  return { ...blocks.usage(), ...counts, objects: slots.size() };
}
