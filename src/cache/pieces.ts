// Lends parts of blocks to a response, and keeps them pinned until the kernel has them.
import type { Cancellation } from '../runtime/cancellation.ts';
import type { Free } from '../http1/read-buffers.ts';
import type { Blocks } from './blocks.ts';
import type { Block } from './object-version.ts';

/**
 * The maximum size of a piece. Larger pieces would save little CPU time, and over HTTP/2, a copy of each piece stays in memory
 * for a slow reader.
 */
const PIECE_BYTES = 256 * 1024;

/**
 * How long a piece stays pinned after its response failed. Node calls back after the kernel has the bytes or the connection is
 * closed; this pause is a safeguard, because reused memory could otherwise reach the wrong caller.
 */
const AFTER_FAILURE_MS = 1_000;

export interface Pieces {
  /** @returns the bytes of the block from `from` up to `to`, or fewer, pinned until `free` is called */
  of(block: Block, from: number, to: number): { readonly chunk: Buffer; readonly free: Free };
}

/** @param cancellation also frees the pieces, because a response that is aborted early may never call `free` */
export function createPieces(blocks: Blocks, cancellation: Cancellation): Pieces {
  const lent = new Set<() => void>();
  let isListening = false;
  const freeLater = (release: () => void): void => {
    setTimeout(release, AFTER_FAILURE_MS).unref();
  };
  return {
    of: (block, from, to) => {
      blocks.pin(block);
      const release = (): void => {
        if (lent.delete(release)) blocks.unpin(block);
      };
      lent.add(release);
      if (!isListening) {
        isListening = true;
        cancellation.add(() => {
          for (const each of lent) freeLater(each);
        });
      }
      return {
        chunk: blocks.view(block, from, Math.min(to, from + PIECE_BYTES)),
        free: (error) => {
          if (error === undefined || error === null) release();
          else freeLater(release);
        },
      };
    },
  };
}
