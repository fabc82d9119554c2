// Joins S3's first response and the parts that are requested ahead of it into one body, in order.
import type { Sink, UpstreamResponse } from '../../http1/exchange.ts';
import type { Free } from '../../http1/read-buffers.ts';
import { Fault } from '../../errors/fault.ts';
import type { Cancellation } from '../../runtime/cancellation.ts';
import type { Extent } from '../extent.ts';
import type { BlockPool } from './block-pool.ts';
import { createPartQueue } from './part-queue.ts';
import type { PartQueueEvents } from './part-queue.ts';
import type { FetchRange, Part } from './part.ts';
import { createSingleStream } from './single-stream.ts';
import type { ReadAheadSizes } from './sizes.ts';

export interface JoinedBodyEvents extends Pick<PartQueueEvents, 'onPartRequested' | 'onFallback'> {
  /** Called when the caller begins to receive a part. */
  onPartUsed(): void;
  /** Called once, at the end. @param result.discardedBytes bytes that arrived from S3 but were not sent to the caller */
  onEnd(result: { readonly largestWindow: number; readonly discardedBytes: number }): void;
}

/**
 * Takes bytes from a single stream, which is S3's own response at first, or from a part. A part takes over from a stream only if
 * S3's response to the part has begun, because the stream is then closed. If no part follows a part, a new stream is requested.
 * @param options.connections the maximum number of connections to S3 at the same time, at least 2
 */
export function joinedBody(
  response: UpstreamResponse,
  extent: Extent,
  options: {
    readonly connections: number;
    readonly pool: BlockPool;
    readonly sizes: ReadAheadSizes;
    readonly fetchRange: FetchRange;
    readonly cancellation: Cancellation;
    readonly events: JoinedBodyEvents;
  },
): UpstreamResponse {
  const { fetchRange, cancellation, events } = options;
  const end = extent.last + 1;
  /** The offset of the next byte to send. */
  let position = extent.first;
  let sink: Sink | undefined;
  /** The part that is being sent. If there is none, the bytes come from `stream`. */
  let head: Part | undefined;
  let isPaused = false;
  /** Whether a stream is needed as soon as the caller reads again. */
  let needsStream = false;
  let isOver = false;
  let discardedBytes = 0;
  let timer: NodeJS.Timeout | undefined;

  const dropHead = (): void => {
    discardedBytes += head?.drop() ?? 0;
    head = undefined;
  };
  const over = (): void => {
    isOver = true;
    clearInterval(timer);
    cancellation.remove(onCancelled);
    dropHead();
    queue.drop();
    stream.close();
    queue.close();
    events.onEnd({ largestWindow: window.largest(), discardedBytes });
  };
  const fail = (error: Error): void => {
    if (isOver) return;
    over();
    sink?.fail(error);
  };
  const finish = (): void => {
    over();
    sink?.end();
  };
  const onCancelled = (): void => {
    fail(new Error('the request was cancelled'));
  };

  const fill = (): void => {
    if (!isOver && !isPaused) queue.fill(head, position);
  };
  const send = (chunk: Buffer, free: Free | undefined, isLive: boolean): boolean => {
    position += chunk.length;
    isPaused = sink?.write(chunk, free) === false;
    if (isPaused) window.onPause();
    else if (isLive) {
      window.onEager(chunk.length);
      fill();
    }
    return !isPaused;
  };

  const advance = (next: Part): void => {
    queue.shift();
    head = next;
    events.onPartUsed();
    fill();
    next.sendTo({ write: send, end: onHeadEnd }, isPaused);
  };
  const onHeadEnd = (): void => {
    head = undefined;
    const next = queue.first();
    if (position === end) finish();
    else if (next === undefined) openStream();
    else advance(next);
  };
  const onPartFailed = (part: Part, error: unknown): void => {
    if (error instanceof Fault && error.code === 'object_changed') {
      fail(error);
      return;
    }
    events.onFallback('failed');
    window.restart();
    if (part !== head) {
      queue.drop(part);
      return;
    }
    dropHead();
    queue.drop();
    openStream();
  };
  /** Frees the memory that a slow caller occupies, even if bytes must be fetched again later. */
  const check = (): void => {
    if (!window.isSlow(!isPaused, position)) return;
    const isHeadWaiting = head?.hasWaiting() === true;
    if (!isHeadWaiting && queue.first() === undefined) return;
    events.onFallback('slow');
    window.restart();
    queue.drop();
    if (!isHeadWaiting) return;
    dropHead();
    openStream();
  };

  const openStream = (): void => {
    needsStream = isPaused;
    if (isPaused) return;
    window.restart();
    stream.open(position);
  };
  const onStream = (chunk: Buffer, free: Free | undefined): boolean => {
    const chunkEnd = position + chunk.length;
    for (let next = queue.first(); next !== undefined && next.first <= chunkEnd; next = queue.first()) {
      if (next.hasBegun()) {
        const length = next.first - position;
        discardedBytes += chunk.length - length;
        stream.close();
        if (length > 0) send(chunk.subarray(0, length), free, false);
        else free?.();
        if (!isOver) advance(next);
        return true;
      }
      if (next.first === chunkEnd) break;
      // Drops the part, because the stream has overtaken it.
      queue.shift();
      discardedBytes += next.drop();
    }
    return send(chunk, free, true);
  };

  const queue = createPartQueue(extent, {
    ...options,
    events: {
      onPartRequested: () => {
        timer ??= setInterval(check, options.sizes.checkMs).unref();
        events.onPartRequested();
      },
      onFallback: events.onFallback,
      onFailed: onPartFailed,
      onDropped: (bytes) => {
        discardedBytes += bytes;
      },
    },
  });
  const { window } = queue;
  const stream = createSingleStream({ write: onStream, end: finish, fail }, extent.last, fetchRange);

  return {
    status: response.status,
    headers: response.headers,
    pipe: (to) => {
      sink = to;
      cancellation.add(onCancelled);
      stream.pipe(response);
    },
    resume: () => {
      if (isOver) return;
      isPaused = false;
      if (needsStream) openStream();
      else if (head === undefined) stream.resume();
      else head.resume();
      fill();
    },
    abort: () => {
      if (sink === undefined) response.abort();
      fail(new Error('the response was aborted'));
    },
  };
}
