// Requests one range of an object before the caller needs it, and keeps its bytes in memory until then.
import type { Sink, UpstreamResponse } from '../../http1/exchange.ts';
import type { Free } from '../../http1/read-buffers.ts';
import { createCancellation } from '../../runtime/cancellation.ts';
import type { Cancellation } from '../../runtime/cancellation.ts';
import type { Account } from './block-pool.ts';

/**
 * Fetches the bytes from `first` to `last` of the object version in the first response.
 * @throws Fault object_changed, or any Error if these bytes are not available
 */
export type FetchRange = (
  first: number,
  last: number,
  cancellation: Cancellation,
) => Promise<UpstreamResponse>;

export interface Part {
  readonly first: number;
  /** The offset after the part's last byte. */
  readonly end: number;
  /** Whether S3's response has begun. */
  hasBegun(): boolean;
  /** Whether bytes have arrived that have not been sent yet. */
  hasWaiting(): boolean;
  /** Sends the bytes that have arrived, and from then on each chunk as it arrives. May be called before the response begins. */
  sendTo(receiver: PartReceiver, isPaused: boolean): void;
  resume(): void;
  /** Aborts the request and frees the memory. @returns the number of bytes that arrived but were not sent */
  drop(): number;
}

export interface PartReceiver {
  /**
   * @param isLive true if the chunk is sent as it arrives from S3, false if it was kept in memory
   * @returns false to pause until `resume`
   */
  write(chunk: Buffer, free: Free | undefined, isLive: boolean): boolean;
  end(): void;
}

interface Filled {
  readonly block: Buffer;
  length: number;
}

/**
 * @param options.account must already have reserved `options.blocks` blocks, enough for the whole part
 * @param options.onFailed called once if the part's bytes cannot be fetched completely
 */
export function requestPart(
  { first, end }: { readonly first: number; readonly end: number },
  options: {
    readonly fetchRange: FetchRange;
    readonly account: Account;
    readonly blocks: number;
    readonly onFailed: (error: unknown) => void;
  },
): Part {
  const { account, onFailed } = options;
  const cancellation = createCancellation();
  const waiting: Filled[] = [];
  let reserved = options.blocks;
  let response: UpstreamResponse | undefined;
  let receiver: PartReceiver | undefined;
  let isPaused = false;
  let hasEnded = false;
  let isDropped = false;
  let received = 0;
  let sent = 0;

  const unreserveRest = (): void => {
    account.unreserve(reserved);
    reserved = 0;
  };
  const store = (chunk: Buffer): void => {
    for (let at = 0; at < chunk.length;) {
      let last = waiting.at(-1);
      if (last === undefined || last.length === last.block.length) {
        waiting.push((last = { block: account.take(), length: 0 }));
        reserved -= 1;
      }
      const copied = chunk.copy(last.block, last.length, at);
      last.length += copied;
      at += copied;
    }
  };
  const sendWaiting = (to: PartReceiver): void => {
    while (!isPaused && !isDropped) {
      const filled = waiting.shift();
      if (filled === undefined) break;
      const { block, length } = filled;
      sent += length;
      isPaused = !to.write(
        block.subarray(0, length),
        (error) => {
          account.give(block, error);
        },
        false,
      );
    }
    if (isDropped || waiting.length > 0) return;
    // All later chunks are sent as they arrive, so the rest of the memory is no longer needed.
    unreserveRest();
    if (hasEnded) to.end();
  };
  const sink: Sink = {
    write: (chunk, free) => {
      // Bytes that arrived before the request was aborted may still be delivered.
      if (isDropped) {
        free?.();
        return true;
      }
      received += chunk.length;
      if (receiver === undefined || waiting.length > 0) {
        store(chunk);
        free?.();
        return true;
      }
      unreserveRest();
      sent += chunk.length;
      isPaused = !receiver.write(chunk, free, true);
      return !isPaused;
    },
    end: () => {
      hasEnded = true;
      if (receiver !== undefined && waiting.length === 0 && !isDropped) receiver.end();
    },
    fail: (error) => {
      if (!isDropped) onFailed(error);
    },
  };
  options.fetchRange(first, end - 1, cancellation).then(
    (fetched) => {
      if (isDropped) {
        fetched.abort();
        return;
      }
      response = fetched;
      fetched.pipe(sink);
    },
    (error: unknown) => {
      if (!isDropped) onFailed(error);
    },
  );
  return {
    first,
    end,
    hasBegun: () => response !== undefined,
    hasWaiting: () => waiting.length > 0,
    sendTo: (to, startsPaused) => {
      receiver = to;
      isPaused = startsPaused;
      if (response !== undefined) sendWaiting(to);
    },
    resume: () => {
      isPaused = false;
      if (waiting.length === 0) response?.resume();
      else if (receiver !== undefined) sendWaiting(receiver);
    },
    drop: () => {
      if (isDropped) return 0;
      isDropped = true;
      cancellation.abort();
      for (const { block } of waiting.splice(0)) account.give(block);
      unreserveRest();
      return received - sent;
    },
  };
}
