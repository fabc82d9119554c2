// Decides how many parts of a response are requested ahead, from how fast the caller reads and how much memory is free.
import type { ReadAheadSizes } from './sizes.ts';

/** After the bridge had to return to a single stream, the threshold for a new start is multiplied by this factor. */
const RESTART_FACTOR = 8;

export interface Window {
  /** The number of parts that may be requested ahead of the one that is being sent. */
  size(): number;
  /** The largest size so far. */
  largest(): number;
  /** Records bytes that the caller accepted as soon as they arrived from S3. The window may grow. */
  onEager(bytes: number): void;
  /** Records that the caller does not accept more bytes for now. */
  onPause(): void;
  /** Records that other responses need memory. */
  onShortage(): void;
  /** Closes the window. To open it again, the caller must accept more bytes without a pause than for the previous start. */
  restart(): void;
  /**
   * Must be called every `checkMs`. Halves the window if the caller never waited for S3 since the last call.
   * @param isWaiting whether the caller waits for bytes from S3 at this moment
   * @param sentBytes the number of bytes sent so far
   * @returns whether the caller is so slow that its parts should not stay in memory
   */
  isSlow(isWaiting: boolean, sentBytes: number): boolean;
}

/**
 * @param most the maximum size
 * @param memory.hasRoom whether there is memory for one more part
 * @param memory.isShared whether other responses have parts
 */
export function createWindow(
  most: number,
  { startBytes, sharedStartBytes, stepBytes, slowBytes }: ReadAheadSizes,
  memory: { hasRoom(): boolean; isShared(): boolean },
): Window {
  let size = 0;
  let largest = 0;
  let restartFactor = 1;
  let eager = 0;
  let wasEager = false;
  let sentBefore = 0;
  const threshold = (): number => {
    if (size > 0) return stepBytes;
    return restartFactor * (memory.isShared() ? sharedStartBytes : startBytes);
  };
  return {
    size: () => size,
    largest: () => largest,
    onEager: (bytes) => {
      wasEager = true;
      if (size === most) return;
      eager += bytes;
      if (eager < threshold() || !memory.hasRoom()) return;
      eager = 0;
      size = Math.min(most, Math.max(1, size * 2));
      largest = Math.max(largest, size);
    },
    onPause: () => {
      eager = 0;
    },
    onShortage: () => {
      if (size > 1) size >>= 1;
    },
    restart: () => {
      size = eager = 0;
      restartFactor *= RESTART_FACTOR;
    },
    isSlow: (isWaiting, sentBytes) => {
      const isFast = wasEager || isWaiting;
      const sent = sentBytes - sentBefore;
      wasEager = false;
      sentBefore = sentBytes;
      if (isFast) return false;
      size >>= 1;
      return sent < slowBytes;
    },
  };
}
