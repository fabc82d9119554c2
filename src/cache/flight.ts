// One response from S3 that brings blocks into the cache, for all requests that wait for these blocks.
import { Fault } from '../errors/fault.ts';
import type { AbortableCancellation } from '../runtime/cancellation.ts';
import type { UpstreamResponse } from '../http1/exchange.ts';
import type { Blocks } from './blocks.ts';
import type { Block, Failure, Flight, ObjectVersion } from './object-version.ts';

/** How many blocks ahead of a flight's position a request may wait for; beyond that, it sends its own request to S3. */
const MAX_AHEAD = 8;

/**
 * @param parts.from the first byte that the response will contain. Bytes before the first complete block are not kept.
 * @param parts.to the byte after the last one; the end of a block
 * @param parts.cancellation cancels the request to S3
 */
export function createFlight(parts: {
  readonly blocks: Blocks;
  readonly version: ObjectVersion;
  readonly from: number;
  readonly to: number;
  readonly cancellation: AbortableCancellation;
  readonly onBytes: (count: number) => void;
  /** Called when the end of the object has arrived. */
  readonly onLastBlock: () => void;
  /** Called once, when no more bytes will arrive. */
  readonly onEnd: () => void;
}): Flight {
  const { blocks, version, from, to, cancellation } = parts;
  const waiting = new Set<() => void>();
  let at = from;
  let current: Block | undefined;
  let wanted = -1;
  let response: UpstreamResponse | undefined;
  let failure: Failure | undefined;
  let hasEnded = false;
  let isPaused = false;
  const { promise: opened, resolve: open } = Promise.withResolvers<undefined>();

  const notify = (): void => {
    for (const onProgress of [...waiting]) onProgress();
  };
  const end = (): void => {
    hasEnded = true;
    if (current !== undefined) blocks.abandon(current);
    current = undefined;
    version.flights.delete(flight);
    open(undefined);
    parts.onEnd();
  };
  const fail = (reason: Failure): void => {
    if (hasEnded) return;
    failure = reason;
    end();
    notify();
  };
  const abort = (): void => {
    end();
    cancellation.abort();
    response?.abort();
  };

  /** @returns whether there is memory for the block that begins at the current position */
  const beginBlock = (): boolean => {
    const index = blocks.indexAt(at);
    // Skips the block if another flight has brought it or is bringing it.
    if (blocks.find(version, index) !== undefined) return true;
    current = blocks.begin(version, index);
    return current !== undefined;
  };

  const store = (chunk: Buffer): boolean => {
    for (let offset = 0; offset < chunk.length;) {
      if (at % blocks.blockBytes === 0 && !beginBlock()) return false;
      const index = blocks.indexAt(at);
      const blockEnd =
        index * blocks.blockBytes + Math.min(blocks.blockBytes, version.size - index * blocks.blockBytes);
      const length = Math.min(chunk.length - offset, blockEnd - at);
      // Stops if too many bytes arrive. This is only a safeguard, because the transport ends each response at its exact length.
      if (length <= 0) return false;
      if (current !== undefined) blocks.append(current, chunk.subarray(offset, offset + length));
      offset += length;
      at += length;
      if (at === blockEnd) current = undefined;
    }
    return true;
  };

  const flight: Flight = {
    covers: (index) => {
      const start = index * blocks.blockBytes;
      if (hasEnded || start >= to) return false;
      const isAhead = current?.index === index || start >= at;
      return isAhead && index - blocks.indexAt(at) <= MAX_AHEAD;
    },
    begin: (given) => {
      // Aborts the response if no request waits for the flight any more.
      if (hasEnded) {
        given.abort();
        return;
      }
      response = given;
      open(undefined);
      given.pipe({
        write: (chunk, free) => {
          if (hasEnded) {
            free?.();
            return true;
          }
          const isStored = store(chunk);
          parts.onBytes(chunk.length);
          free?.();
          if (!isStored) {
            fail('no memory');
            cancellation.abort();
            given.abort();
            return true;
          }
          if (at === version.size) parts.onLastBlock();
          notify();
          isPaused = at >= (wanted + 1) * blocks.blockBytes;
          return !isPaused;
        },
        end: () => {
          if (hasEnded) return;
          if (at < to) fail({ error: new Error('S3 sent fewer bytes than it announced') });
          else {
            end();
            notify();
          }
        },
        fail: (error) => {
          fail({ error });
        },
      });
      notify();
    },
    fail,
    opened,
    failure: () => failure,
    join: (onProgress) => {
      waiting.add(onProgress);
    },
    leave: (onProgress, bringsRest) => {
      waiting.delete(onProgress);
      if (waiting.size > 0 || hasEnded) return;
      if (bringsRest) flight.want(blocks.indexAt(to - 1));
      else abort();
    },
    want: (index) => {
      if (index <= wanted) return;
      wanted = index;
      if (!isPaused || hasEnded || at >= (index + 1) * blocks.blockBytes) return;
      isPaused = false;
      response?.resume();
    },
  };
  version.flights.add(flight);
  return flight;
}

/** Returns the error with which a response fails after it has begun. */
export function failureError(failure: Exclude<Failure, 'no memory'>): Error {
  if ('error' in failure) return failure.error;
  const { status, code } = failure.s3;
  if (status === 412) return new Fault('object_changed');
  return new Error(`S3 rejected the request for the remaining bytes: ${status} ${code ?? ''}`);
}
