// A connection that sends one request at a time and reads each response into reused buffers.
import type { DeferWrite } from '../runtime/deferred-writes.ts';
import type { Connector } from './connect.ts';
import type { Exchange } from './exchange.ts';
import { gatheredReads } from './gathered-reads.ts';
import { HttpError } from './http-error.ts';
import { COPIED_BYTES } from './read-buffers.ts';
import type { ReadBuffer, ReadBuffers } from './read-buffers.ts';
import { responseReader } from './response-reader.ts';

export interface Connection {
  /** May be called only while no request is in progress. @param text the complete request, which has no body */
  send(text: string, exchange: Exchange): void;
  resume(): void;
  /** Closes the connection, and fails the request in progress. */
  destroy(error?: Error): void;
  /** Closes the connection if no data has arrived for too long. */
  check(now: number): void;
  /** The number of requests that the connection has carried, including one in progress. */
  uses(): number;
}

export interface ConnectionLimits {
  readonly connectMs: number;
  /** The maximum time without data from the upstream while the bridge waits for a response or reads it. */
  readonly stallMs: number;
  readonly idleMs: number;
  /** The maximum age of a connection. An older connection closes when its current request is done. */
  readonly lifeMs: number;
}

export interface ConnectionParts {
  /**
   * Whether the connection may be reused after a HEAD request. True only if the server is known never to send a body in
   * response to HEAD.
   */
  readonly mayReuseAfterHead: boolean;
  readonly buffers: ReadBuffers;
  readonly limits: ConnectionLimits;
  readonly deferWrite: DeferWrite;
}

/**
 * @param events.onFree called when another request may be sent
 * @param events.onEnd called once, when the connection can no longer be used
 */
export function openConnection(
  connector: Connector,
  { mayReuseAfterHead, buffers, limits, deferWrite }: ConnectionParts,
  events: { readonly onFree: () => void; readonly onEnd: () => void },
): Connection {
  const reader = responseReader(mayReuseAfterHead, buffers);
  const openedAt = performance.now();
  let activeAt = openedAt;
  let uses = 0;
  let isUp = false;
  let hasEnded = false;
  let failure: Error | undefined;
  // The next four variables describe the exchange in progress.
  let exchange: Exchange | undefined;
  let isSent = false;
  let hasBegun = false;
  let isPaused = false;

  const reads = gatheredReads(
    { buffers, deferWrite, isTls: connector.isTls },
    {
      onBytes: (bytes, source) => {
        tryRead(bytes, source);
      },
      onTurnsEnd: () => {
        if (isPaused) socket.pause();
      },
    },
  );

  const end = (): void => {
    if (hasEnded) return;
    hasEnded = true;
    events.onEnd();
    reads.flush();
    // Releasing the buffer is safe here: reads are synchronous, so none is in progress.
    reads.release();
    const failed = exchange;
    exchange = undefined;
    reader.stop();
    failed?.fail(failure ?? Object.assign(new Error('closed'), { code: 'ECONNRESET' }), !hasBegun);
  };
  const destroy = (error?: Error): void => {
    failure ??= error;
    socket.destroy();
    // Calls `end` at once instead of waiting for the socket's `close` event, so that this connection reports no events after
    // its removal.
    end();
  };

  /**
   * @param source this connection's own buffer, if it contains `bytes`. If the exchange receives `bytes` without a copy, the
   * buffer is retained once more.
   */
  const read = (bytes: Buffer, source: ReadBuffer | undefined): void => {
    hasBegun = true;
    if (bytes.length > COPIED_BYTES) source?.retain();
    const progress = reader.read(bytes, source?.free);
    isPaused = progress === 'paused';
    if (progress === 'continues' || progress === 'paused') return;
    exchange = undefined;
    if (hasEnded) return;
    if (progress === 'ended' && performance.now() - openedAt < limits.lifeMs) events.onFree();
    else destroy();
  };

  const tryRead = (bytes: Buffer, source: ReadBuffer | undefined): void => {
    try {
      read(bytes, source);
    } catch (error) {
      destroy(error instanceof Error ? error : undefined);
    }
  };

  const onRead = (length: number, buffer: Uint8Array): boolean => {
    const wasPaused = isPaused;
    if (exchange === undefined || !isSent) {
      // Closes the connection, because the unexpected bytes would be treated as the response to the next request.
      destroy();
      return false;
    }
    if (reads.owns(buffer)) reads.add(length, reader.remaining());
    else tryRead(buffers.first.subarray(0, length), undefined);
    // The timeout covers the whole response head; otherwise a slow-drip peer could hold the connection open.
    if (reader.hasHead()) activeAt = performance.now();
    // A TLS read may arrive in several pieces, and pausing the socket does not stop the remaining pieces. If the last piece ends
    // the response, the connection is free again, so its paused socket must be resumed.
    if (wasPaused && !isPaused && !hasEnded) socket.resume();
    return !isPaused;
  };

  /**
   * Returns the buffer for the next read. The connection has its own buffer only while it reads a large body. Bytes that arrive
   * with a head or after a pause are read into a shared buffer and copied.
   */
  const nextBuffer = (): Buffer => {
    const isBetween = exchange === undefined || !reader.hasHead();
    if (reads.isWaiting() || !(isBetween || isPaused || reader.remaining() <= COPIED_BYTES))
      return reads.offer();
    reads.release();
    return isBetween ? buffers.first : buffers.shared;
  };

  const socket = connector.open({ buffer: nextBuffer, callback: onRead });
  socket.setNoDelay(true);
  socket.once(connector.isTls ? 'secureConnect' : 'connect', () => {
    isUp = true;
    activeAt = performance.now();
  });
  socket.on('error', (error) => {
    failure ??= error;
  });
  socket.once('end', () => {
    destroy();
  });
  socket.once('close', end);

  return {
    send: (text, next) => {
      exchange = next;
      reader.begin(next);
      isSent = hasBegun = isPaused = false;
      uses += 1;
      activeAt = performance.now();
      deferWrite(() => {
        isSent = true;
        socket.write(text, 'latin1');
      });
    },
    resume: () => {
      if (!isPaused) return;
      isPaused = false;
      activeAt = performance.now();
      socket.resume();
    },
    destroy: (error) => {
      const discarded = reads.discard();
      exchange?.discard(discarded);
      destroy(error);
    },
    check: (now) => {
      const silent = now - activeAt;
      if (!isUp) {
        if (silent >= limits.connectMs) destroy(new HttpError('timeout', 'CONNECT_TIMEOUT'));
      } else if (exchange === undefined) {
        if (silent >= limits.idleMs) destroy();
      } else if (!isPaused && silent >= limits.stallMs) {
        destroy(new HttpError('timeout', hasBegun ? 'BODY_TIMEOUT' : 'HEADERS_TIMEOUT'));
      }
    },
    uses: () => uses,
  };
}
