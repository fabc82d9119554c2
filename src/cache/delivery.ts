// Sends a range of an object version to a caller, block by block: from memory, from flights, and from S3 if there is no memory.
import type { Cancellation } from '../runtime/cancellation.ts';
import { untilCancelled } from '../runtime/cancellation.ts';
import type { Sink, UpstreamResponse } from '../http1/exchange.ts';
import type { S3Error } from '../s3/s3-error.ts';
import type { Blocks } from './blocks.ts';
import type { Block, Failure, Flight, ObjectVersion } from './object-version.ts';
import { failureError } from './flight.ts';
import { joinedFlight } from './joined-flight.ts';
import { createPieces } from './pieces.ts';
import { sendRest } from './uncached-rest.ts';
import type { Extent } from './wanted-read.ts';

export interface DeliveryParts {
  readonly blocks: Blocks;
  readonly version: ObjectVersion;
  readonly extent: Extent;
  readonly cancellation: Cancellation;
  /** Starts a flight under the caller's own session. @param to the byte after the last one */
  readonly startFlight: (from: number, to: number) => Flight;
  /** Reads bytes from S3 under the caller's own session, without storing them. */
  readonly readDirectly: (extent: Extent) => Promise<UpstreamResponse | S3Error>;
  /** @param wasCached whether the bytes were in memory already */
  readonly onSent: (bytes: number, wasCached: boolean) => void;
}

export interface Delivery extends Pick<UpstreamResponse, 'pipe' | 'resume' | 'abort'> {
  /**
   * Waits until S3 has accepted to send the first block that is missing, so that an error can still be the response.
   * @returns the failure of the caller's own flight; undefined if the delivery can begin
   */
  prepare(): Promise<Exclude<Failure, 'no memory'> | undefined>;
  /** Uses a flight that was started for this request. */
  use(flight: Flight): void;
}

/** The number of bytes that are sent before other requests get their turn. */
const TURN_BYTES = 1024 * 1024;

/** A missing block that is further ahead is not fetched before the response begins, because it might be evicted again. */
const MAX_AHEAD = 8;

export function createDelivery(parts: DeliveryParts): Delivery {
  const { blocks, version, extent, cancellation } = parts;
  const pieces = createPieces(blocks, cancellation);
  let at = extent.from;
  let sink: Sink | undefined;
  let isPaused = false;
  let isPumping = false;
  let hasEnded = false;
  let current: Block | undefined;
  /** The response with the remaining bytes, if they come from S3 without being stored. */
  let direct: Pick<UpstreamResponse, 'resume' | 'abort'> | undefined;
  /** The end of the last block that was not in memory when this delivery reached it. */
  let fetchedUpTo = extent.from;

  const release = (): void => {
    if (current !== undefined) blocks.unpin(current);
    current = undefined;
  };
  const stop = (bringsRest: boolean): void => {
    hasEnded = true;
    release();
    joined.leave(bringsRest);
  };
  const fail = (error: Error): void => {
    if (hasEnded) return;
    stop(false);
    sink?.fail(error);
  };
  const abort = (): void => {
    if (hasEnded) return;
    stop(false);
    direct?.abort();
  };

  const sendDirectly = (to: Sink): void => {
    release();
    joined.leave(false);
    direct = sendRest(parts.readDirectly({ from: at, to: extent.to }), {
      write: (chunk, free) => {
        parts.onSent(chunk.length, false);
        return to.write(chunk, free);
      },
      end: () => {
        hasEnded = true;
        to.end();
      },
      fail,
    });
  };

  /** @returns the number of bytes sent */
  const sendFrom = (block: Block, to: Sink): number => {
    if (current !== block) {
      release();
      current = block;
      blocks.pin(block);
      if (at >= fetchedUpTo) blocks.use(block);
    }
    const start = block.index * blocks.blockBytes;
    const end = Math.min(start + block.filled, extent.to);
    if (end <= at) return 0;
    const { chunk, free } = pieces.of(block, at - start, end - start);
    parts.onSent(chunk.length, at >= fetchedUpTo);
    at += chunk.length;
    isPaused = !to.write(chunk, free);
    return chunk.length;
  };

  /** Handles the end of a flight that did not bring the next block. @returns whether the delivery continues */
  const afterFailure = (failure: Failure, to: Sink): boolean => {
    const wasOwn = joined.isOwn();
    joined.leave(false);
    if (failure === 'no memory') {
      sendDirectly(to);
      return false;
    }
    // A failure of another caller's flight may concern only that caller's session, so the delivery continues.
    if (!wasOwn) return true;
    fail(failureError(failure));
    return false;
  };

  /** Sends what can be sent now. */
  const pump = (to: Sink): void => {
    let left = TURN_BYTES;
    while (!isPaused && !hasEnded && at < extent.to) {
      if (left <= 0) {
        setImmediate(onProgress);
        return;
      }
      const index = blocks.indexAt(at);
      const block = blocks.find(version, index);
      if (block !== undefined) {
        const sent = sendFrom(block, to);
        left -= sent;
        if (sent > 0) continue;
      }
      const failure = joined.current()?.failure();
      if (failure !== undefined) {
        if (afterFailure(failure, to)) continue;
        return;
      }
      // A block that is being filled may belong to a flight that this delivery has not joined.
      fetchedUpTo = Math.max(fetchedUpTo, (index + 1) * blocks.blockBytes);
      joined.fetch(index);
      return;
    }
    if (at < extent.to || hasEnded) return;
    stop(true);
    to.end();
  };
  const onProgress = (): void => {
    if (sink === undefined || isPumping || hasEnded || direct !== undefined) return;
    isPumping = true;
    try {
      pump(sink);
    } finally {
      isPumping = false;
    }
  };

  const joined = joinedFlight({ ...parts, to: extent.to, onProgress });
  if (cancellation.aborted) hasEnded = true;
  else cancellation.add(abort);

  return {
    use: (given) => {
      joined.joinOwn(given);
      given.want(blocks.indexAt(extent.from));
      fetchedUpTo = extent.to;
    },
    prepare: async () => {
      for (;;) {
        const index = blocks.firstMissing(version, extent.from, extent.to);
        if (index === undefined || index > blocks.indexAt(extent.from) + MAX_AHEAD) return undefined;
        fetchedUpTo = Math.max(fetchedUpTo, (index + 1) * blocks.blockBytes);
        const flight = joined.fetch(index);
        await untilCancelled(flight.opened, cancellation);
        const failure = flight.failure();
        // Without memory for blocks, the body will be read directly from S3.
        if (failure === undefined || failure === 'no memory') return undefined;
        const wasOwn = joined.isOwn();
        joined.leave(false);
        if (wasOwn) return failure;
      }
    },
    pipe: (given) => {
      sink = given;
      onProgress();
    },
    resume: () => {
      isPaused = false;
      if (direct === undefined) onProgress();
      else direct.resume();
    },
    abort,
  };
}
