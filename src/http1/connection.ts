// One connection: sends one request at a time, and reads its response into reused buffers.
import type { OnReadOpts, Socket } from 'node:net';
import type { DeferWrite } from '../runtime/deferred-writes.ts';
import type { Exchange } from './exchange.ts';
import { HttpError } from './http-error.ts';
import type { ReadBuffer, ReadBuffers } from './read-buffers.ts';
import { responseReader, COPIED_BYTES } from './response-reader.ts';

export interface Connection {
  /** Call it only when no request is in progress. @param text the request, which has no body */
  send(text: string, exchange: Exchange): void;
  resume(): void;
  /** Closes the connection, and fails the request in progress. */
  destroy(error?: Error): void;
  /** Closes it if it has been silent for too long. */
  check(now: number): void;
  /** How many requests it has carried, including one in progress. */
  uses(): number;
}

/** @returns a socket, TLS or not, and the event that it emits when it is connected */
export type Connect = (onread: OnReadOpts) => {
  readonly socket: Socket;
  readonly up: 'connect' | 'secureConnect';
};

export interface ConnectionLimits {
  readonly connectMs: number;
  /** How long the upstream may send nothing while the body is read. */
  readonly stallMs: number;
  readonly idleMs: number;
  /** After this long since its opening it closes with the request in progress. */
  readonly lifeMs: number;
}

export interface ConnectionParts {
  /** Whether another request may follow a HEAD: only if the server is known to send no body in response to one. */
  readonly mayReuseAfterHead: boolean;
  readonly buffers: ReadBuffers;
  readonly limits: ConnectionLimits;
  readonly deferWrite: DeferWrite;
}

/** After this many reads that the sink took at once, larger buffers are worth it. */
const QUICK_READS = 2;

/**
 * @param events.onFree called when another request may be sent
 * @param events.onEnd called once, when the connection cannot be used any more
 */
export function openConnection(
  connect: Connect,
  { mayReuseAfterHead, buffers, limits, deferWrite }: ConnectionParts,
  events: { readonly onFree: () => void; readonly onEnd: () => void },
): Connection {
  const reader = responseReader(mayReuseAfterHead);
  const openedAt = performance.now();
  let activeAt = openedAt;
  let uses = 0;
  let isUp = false;
  let hasEnded = false;
  let failure: Error | undefined;
  // Of the exchange in progress.
  let exchange: Exchange | undefined;
  let isSent = false;
  let hasBegun = false;
  let isPaused = false;
  let own: ReadBuffer | undefined;
  let lastBuffer: ReadBuffer | undefined;
  // Consecutive reads that the sink had taken completely before the next one.
  let quickReads = 0;

  const end = (): void => {
    if (hasEnded) return;
    hasEnded = true;
    events.onEnd();
    // Reads are synchronous: nothing is being written into it.
    if (own !== undefined) buffers.giveBack(own);
    own = undefined;
    const failed = exchange;
    exchange = undefined;
    failed?.fail(failure ?? Object.assign(new Error('closed'), { code: 'ECONNRESET' }), !hasBegun);
  };
  const destroy = (error?: Error): void => {
    failure ??= error;
    socket.destroy();
    // At once, so that no event of this connection is reported after it was removed.
    end();
  };

  /** @param source the buffer that the bytes are in, if it is this connection's own */
  const read = (bytes: Buffer, source: ReadBuffer | undefined): void => {
    hasBegun = true;
    quickReads = lastBuffer?.isFree === true ? quickReads + 1 : 0;
    let part = bytes;
    let memory = source;
    if (bytes.length > COPIED_BYTES) {
      if (memory === undefined && reader.isLarge()) {
        // After a pause. A reused buffer makes no garbage; a thousand slow readers would otherwise make much.
        memory = buffers.take(false);
        bytes.copy(memory.bytes);
        part = memory.bytes.subarray(0, bytes.length);
      } else own = undefined;
      lastBuffer = memory;
    }
    const progress = reader.read(part, memory?.free);
    isPaused = progress === 'paused';
    if (progress === 'continues' || progress === 'paused') return;
    exchange = lastBuffer = undefined;
    if (hasEnded) return;
    if (progress === 'ended' && performance.now() - openedAt < limits.lifeMs) events.onFree();
    else destroy();
  };

  const onRead = (length: number, buffer: Uint8Array): boolean => {
    const wasPaused = isPaused;
    const source = own?.bytes === buffer ? own : undefined;
    if (exchange === undefined || !isSent) {
      // Not a response to any request: it would be taken for the response to the next one.
      destroy();
      return false;
    }
    try {
      read((source?.bytes ?? buffers.first).subarray(0, length), source);
    } catch (error) {
      destroy(error instanceof Error ? error : undefined);
    }
    // The timeout covers the whole response head; otherwise a slow-drip peer could hold the connection open.
    if (reader.hasHead()) activeAt = performance.now();
    // One TLS read arrives in pieces, and a piece that pauses does not stop those behind it. If the last of them ends the response,
    // the socket is still paused although the connection is free again.
    if (wasPaused && !isPaused && !hasEnded) socket.resume();
    return !isPaused;
  };

  /** A buffer of its own only while a large body is read: bytes that arrive after a pause, or with a head, are copied. */
  const nextBuffer = (): Buffer => {
    const isBetween = exchange === undefined || !reader.hasHead();
    if (isBetween || isPaused || !reader.isLarge()) {
      if (own !== undefined) buffers.giveBack(own);
      own = undefined;
      return isBetween ? buffers.first : buffers.shared;
    }
    own ??= buffers.take(quickReads >= QUICK_READS);
    return own.bytes;
  };

  const { socket, up } = connect({ buffer: nextBuffer, callback: onRead });
  socket.setNoDelay(true);
  socket.once(up, () => {
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
    destroy,
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
