// The memory for parts that are read ahead: equal blocks with one limit for the whole process.

/**
 * The size of a block. The bridge writes one block at a time to a caller, so a caller that stops reading occupies at most one
 * block in a write. Smaller blocks take more CPU time per MiB.
 */
const BLOCK_BYTES = 256 * 1024;

/** How long unused blocks are kept, so that the next large read need not allocate them again. */
const KEEP_MS = 5_000;

export interface BlockPool {
  readonly blockBytes: number;
  /** Starts an account for one response. */
  open(): Account;
  /** The number of bytes that are reserved, whether they contain data or not. */
  reservedBytes(): number;
  /** Whether this number of blocks could be reserved now. */
  hasRoomFor(blocks: number): boolean;
  /** The number of reservations that were rejected so far because other responses held the memory. */
  shortages(): number;
}

/** The blocks of one response. */
export interface Account {
  /** Reserves blocks. @returns false, without reserving any, if the pool has fewer blocks left */
  reserve(blocks: number): boolean;
  /** Whether no other response has reserved blocks. */
  isAlone(): boolean;
  /** Gives up reserved blocks that were not taken. */
  unreserve(blocks: number): void;
  /** Returns a reserved block. */
  take(): Buffer;
  /**
   * Makes a taken block available to others. May also be called after `close`.
   * @param error if set, the block is not used again, because the kernel may still read from it
   */
  give(block: Buffer, error?: Error | null): void;
  /**
   * Gives up all reservations. A block that was taken can still be given back, and is then used again. Otherwise, the garbage
   * collector frees it. Only the few blocks that the caller's connection has not sent yet are still taken at this time.
   */
  close(): void;
}

/** @param limitBytes the limit for all responses together */
export function createBlockPool(limitBytes: number, blockBytes = BLOCK_BYTES): BlockPool {
  const limit = Math.floor(limitBytes / blockBytes);
  let reserved = 0;
  let shortages = 0;
  let spare: Buffer[] = [];
  let timer: NodeJS.Timeout | undefined;

  const release = (blocks: number): void => {
    reserved -= blocks;
    if (reserved > 0) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (reserved === 0) spare = [];
    }, KEEP_MS).unref();
  };

  const open = (): Account => {
    let held = 0;
    let isClosed = false;
    return {
      reserve: (blocks) => {
        if (reserved + blocks > limit) {
          if (reserved > held) shortages += 1;
          return false;
        }
        reserved += blocks;
        held += blocks;
        return true;
      },
      isAlone: () => reserved === held,
      unreserve: (blocks) => {
        if (isClosed || blocks === 0) return;
        held -= blocks;
        release(blocks);
      },
      take: () => spare.pop() ?? Buffer.allocUnsafeSlow(blockBytes),
      give: (block, error) => {
        if ((error === undefined || error === null) && spare.length < limit) spare.push(block);
        if (!isClosed) held -= 1;
        release(isClosed ? 0 : 1);
      },
      close: () => {
        if (isClosed) return;
        isClosed = true;
        release(held);
        held = 0;
      },
    };
  };

  return {
    blockBytes,
    open,
    reservedBytes: () => reserved * blockBytes,
    hasRoomFor: (blocks) => reserved + blocks <= limit,
    shortages: () => shortages,
  };
}
