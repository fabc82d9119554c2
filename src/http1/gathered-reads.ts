// Manages the buffer into which one connection reads a large body, and the bytes in it that have not been delivered yet.
import type { DeferWrite } from '../runtime/deferred-writes.ts';
import { COPIED_BYTES } from './read-buffers.ts';
import type { ReadBuffer, ReadBuffers } from './read-buffers.ts';

export interface GatheredReads {
  /** @returns the memory for the next read */
  offer(): Buffer;
  /** Whether `buffer` is the memory that `offer` returned most recently, and has not been released. */
  owns(buffer: Uint8Array): boolean;
  /**
   * Records that `length` bytes were read into the offered memory. @param remaining the number of the body's bytes that have not
   * been delivered, including the bytes just read
   */
  add(length: number, remaining: number): void;
  isWaiting(): boolean;
  /** Delivers the waiting bytes. */
  flush(): void;
  /** Discards the waiting bytes. @returns their number */
  discard(): number;
  /** Releases the buffer, which can be reused once all sinks have returned their parts of it. */
  release(): void;
}

interface GatheredReadsParts {
  readonly buffers: ReadBuffers;
  readonly deferWrite: DeferWrite;
  /**
   * Whether the connection uses TLS. A TLS read returns one record of at most 16 KiB, so records are gathered until the buffer is
   * full or the event loop's turn ends. Gathering avoids copying each record, and saves three out of four writes. Measured with 1
   * MiB over TLS: less than half the CPU time.
   */
  readonly isTls: boolean;
}

/** Without TLS, larger buffers are used after the sink has handled this many consecutive deliveries quickly. */
const QUICK_DELIVERIES = 2;

/**
 * @param events.onBytes receives a part of the buffer, and must retain the buffer if it keeps that part. Must not throw.
 * @param events.onTurnsEnd called after a delivery at the end of an event loop turn, as opposed to a delivery during a read
 */
export function gatheredReads(
  { buffers, deferWrite, isTls }: GatheredReadsParts,
  events: { readonly onBytes: (bytes: Buffer, source: ReadBuffer) => void; readonly onTurnsEnd: () => void },
): GatheredReads {
  let own: ReadBuffer | undefined;
  let offered: Buffer | undefined;
  // The bytes of `own` from `delivered` to `filled` have not been delivered yet.
  let delivered = 0;
  let filled = 0;
  let last: ReadBuffer | undefined;
  // The number of consecutive deliveries that were quick: the sink returned their bytes before the next delivery.
  let quick = 0;

  const flush = (): void => {
    if (own === undefined || filled === delivered) return;
    const source = own;
    const bytes = source.bytes.subarray(delivered, filled);
    delivered = filled;
    const isUsedUp = !isTls || filled === source.bytes.length;
    if (isUsedUp) own = undefined;
    // Smaller pieces are not counted. Because they are copied, they do not show how fast the sink handles data.
    if (bytes.length > COPIED_BYTES) {
      quick = last?.isFree() === true ? quick + 1 : 0;
      last = source;
    }
    events.onBytes(bytes, source);
    if (isUsedUp) source.free();
  };
  const onTurnsEnd = (): void => {
    flush();
    events.onTurnsEnd();
  };

  return {
    offer: () => {
      if (own === undefined) {
        // With TLS, larger buffers take more CPU time.
        own = buffers.take(!isTls && quick >= QUICK_DELIVERIES);
        delivered = filled = 0;
      }
      offered = filled === 0 ? own.bytes : own.bytes.subarray(filled);
      return offered;
    },
    owns: (buffer) => own !== undefined && buffer === offered,
    add: (length, remaining) => {
      const isFirst = filled === delivered;
      filled += length;
      const isComplete = filled === own?.bytes.length || filled - delivered >= remaining;
      if (!isTls || isComplete) flush();
      else if (isFirst) deferWrite(onTurnsEnd);
    },
    isWaiting: () => filled > delivered,
    flush,
    discard: () => {
      const waiting = filled - delivered;
      filled = delivered;
      return waiting;
    },
    release: () => {
      own?.free();
      own = offered = last = undefined;
      delivered = filled = 0;
    },
  };
}
