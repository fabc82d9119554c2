// The parts of one response that are requested ahead: how many there are, their memory, and their order.
import type { Extent } from '../extent.ts';
import type { Account, BlockPool } from './block-pool.ts';
import { requestPart } from './part.ts';
import type { FetchRange, Part } from './part.ts';
import type { ReadAheadSizes } from './sizes.ts';
import { createWindow } from './window.ts';
import type { Window } from './window.ts';

/** Why parts were not used: too little memory was free, a part could not be fetched, or the caller reads too slowly. */
export type Fallback = 'memory' | 'failed' | 'slow';

export interface PartQueue {
  readonly window: Window;
  /**
   * Requests parts until the window is full. The parts have no gaps between them.
   * @param head the part that is being sent, which the first part in the queue follows
   * @param position the offset of the next byte to send. Without a head, the first part begins at a later boundary
   */
  fill(head: Part | undefined, position: number): void;
  first(): Part | undefined;
  /** Removes the first part, which the calling code must send or drop. */
  shift(): void;
  /** Drops `part` and all parts after it; by default, the whole queue. */
  drop(part?: Part): void;
  close(): void;
}

export interface PartQueueEvents {
  onPartRequested(): void;
  /** May be called several times for one reason. */
  onFallback(reason: Fallback): void;
  onFailed(part: Part, error: unknown): void;
  /** @param bytes bytes that arrived, but were not sent */
  onDropped(bytes: number): void;
}

/** @param options.connections the maximum number of connections to S3 at the same time, including the one for the head */
export function createPartQueue(
  extent: Extent,
  options: {
    readonly connections: number;
    readonly pool: BlockPool;
    readonly sizes: ReadAheadSizes;
    readonly fetchRange: FetchRange;
    readonly events: PartQueueEvents;
  },
): PartQueue {
  const { connections, pool, sizes, fetchRange, events } = options;
  const account: Account = pool.open();
  const blocksFor = (bytes: number): number => Math.ceil(bytes / pool.blockBytes);
  const window = createWindow(connections - 1, sizes, {
    hasRoom: () => pool.hasRoomFor(blocksFor(sizes.partBytes)),
    isShared: () => !account.isAlone(),
  });
  const parts: Part[] = [];
  let shortagesSeen = pool.shortages();

  const request = (first: number, end: number): boolean => {
    const blocks = blocksFor(end - first);
    if (!account.reserve(blocks)) return false;
    const part: Part = requestPart(
      { first, end },
      {
        fetchRange,
        account,
        blocks,
        onFailed: (error) => {
          events.onFailed(part, error);
        },
      },
    );
    parts.push(part);
    events.onPartRequested();
    return true;
  };

  return {
    window,
    fill: (head, position) => {
      if (parts.length >= window.size()) return;
      if (pool.shortages() > shortagesSeen) window.onShortage();
      shortagesSeen = pool.shortages();
      while (parts.length < window.size()) {
        const first = parts.at(-1)?.end ?? head?.end ?? boundaryAfter(position, extent, sizes);
        const end = Math.min(first + sizes.partBytes, extent.last + 1);
        if (first >= end) return;
        if (request(first, end)) continue;
        // Reports a shortage only if other responses hold memory. If this response holds all of it, this response soon gives some
        // back.
        if (pool.shortages() > shortagesSeen) events.onFallback('memory');
        return;
      }
    },
    first: () => parts[0],
    shift: () => {
      parts.shift();
    },
    drop: (part) => {
      const dropped = parts.splice(part === undefined ? 0 : parts.indexOf(part));
      for (const each of dropped) events.onDropped(each.drop());
    },
    close: account.close,
  };
}

/** Returns the offset at which the next part begins, or the end of the response if a part would not save time. */
function boundaryAfter(
  position: number,
  { first, last }: Extent,
  { partBytes, leadBytes }: ReadAheadSizes,
): number {
  const boundary = first + Math.ceil((position + leadBytes - first) / partBytes) * partBytes;
  // If only a little is left, the current stream stays in use, because closing the stream also closes its connection.
  return last + 1 - boundary < partBytes ? last + 1 : boundary;
}
