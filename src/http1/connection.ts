// One connection to S3: sends one request at a time, and reads its answer into memory that is used again.
import type { OnReadOpts, Socket } from 'node:net';
import type { DeferWrite } from '../runtime/deferred-writes.ts';
import { Fault } from '../errors/fault.ts';
import { responseReader, COPIED_BYTES } from './response-reader.ts';
import type { Exchange } from './exchange.ts';
import type { ReadBuffer, ReadBuffers } from './read-buffers.ts';

export interface Connection {
  /** @param text the request: it has no body. Only where none is under way. */
  send(text: string, exchange: Exchange): void;
  resume(): void;
  /** Ends the connection, and fails what is under way. */
  destroy(error?: Error): void;
  /** Ends it where it has been silent for too long. */
  check(now: number): void;
  /** Requests that it has carried or carries. */
  uses(): number;
}

/** @returns a socket, TLS or not, and the event that says that it is up */
export type Connect = (onread: OnReadOpts) => {
  readonly socket: Socket;
  readonly up: 'connect' | 'secureConnect';
};

export interface ConnectionLimits {
  readonly connectMs: number;
  /** The longest that S3 may send nothing while somebody reads. */
  readonly stallMs: number;
  readonly idleMs: number;
  /** From its opening; then it ends with the request that is under way. */
  readonly lifeMs: number;
}

export interface ConnectionParts {
  /** Whether another request may follow a HEAD: only a server known to send no body in response to one. */
  readonly mayReuseAfterHead: boolean;
  readonly buffers: ReadBuffers;
  readonly limits: ConnectionLimits;
  readonly atEndOfTurn: DeferWrite;
}

/** After so many reads that went through at once, larger ones are worth it. */
const QUICK_READS = 2;

/**
 * @param events.onFree told when another request may be sent
 * @param events.onEnd told once, when the connection is of no more use
 */
export function openConnection(
  connect: Connect,
  { mayReuseAfterHead, buffers, limits, atEndOfTurn }: ConnectionParts,
  events: { readonly onFree: () => void; readonly onEnd: () => void },
): Connection {
  const reader = responseReader(mayReuseAfterHead);
  const openedAt = performance.now();
  let activeAt = openedAt;
  let uses = 0;
  let isUp = false;
  let hasEnded = false;
  let failure: Error | undefined;
  // Of the exchange under way.
  let exchange: Exchange | undefined;
  let isSent = false;
  let isAnswered = false;
  let isPaused = false;
  let own: ReadBuffer | undefined;
  let lastGiven: ReadBuffer | undefined;
  // One after the other, of which the caller had taken all before the next.
  let quickReads = 0;

  const end = (): void => {
    if (hasEnded) return;
    hasEnded = true;
    events.onEnd();
    // Reads are done at once: nobody is writing into it.
    if (own !== undefined) buffers.giveBack(own);
    own = undefined;
    const failed = exchange;
    exchange = undefined;
    failed?.fail(failure ?? Object.assign(new Error('closed'), { code: 'ECONNRESET' }), !isAnswered);
  };
  const destroy = (error?: Error): void => {
    failure ??= error;
    socket.destroy();
    // At once: what is told of a connection must not come behind what is done about it.
    end();
  };

  /** @param given the memory that the bytes are in, where it is this connection's own */
  const read = (bytes: Buffer, given: ReadBuffer | undefined): void => {
    isAnswered = true;
    quickReads = lastGiven?.isFree === true ? quickReads + 1 : 0;
    let part = bytes;
    let memory = given;
    if (bytes.length > COPIED_BYTES) {
      if (memory === undefined && reader.isLarge()) {
        // After a pause. Memory that is used again is no garbage, of which a thousand slow readers would make much.
        memory = buffers.take(false);
        bytes.copy(memory.bytes);
        part = memory.bytes.subarray(0, bytes.length);
      } else own = undefined;
      lastGiven = memory;
    }
    const progress = reader.read(part, memory?.free);
    isPaused = progress === 'pauses';
    if (progress === 'goes on' || progress === 'pauses') return;
    exchange = lastGiven = undefined;
    if (hasEnded) return;
    if (progress === 'is over' && performance.now() - openedAt < limits.lifeMs) events.onFree();
    else destroy();
  };

  const onRead = (length: number, buffer: Uint8Array): boolean => {
    const wasPaused = isPaused;
    const given = own?.bytes === buffer ? own : undefined;
    if (exchange === undefined || !isSent) {
      // Not a response to anything: taken for one, it would be the response to the next request.
      destroy();
      return false;
    }
    try {
      read((given?.bytes ?? buffers.first).subarray(0, length), given);
    } catch (error) {
      destroy(error instanceof Error ? error : undefined);
    }
    // A head has its time as a whole: dripped, it could go on for ever.
    if (reader.hasHead()) activeAt = performance.now();
    // One read of TLS comes in pieces, and a piece that wants no more does not stop those behind it: where the last of them
    // ends the answer, reading has been stopped for a connection that is free again.
    if (wasPaused && !isPaused && !hasEnded) socket.resume();
    return !isPaused;
  };

  /** Memory of its own only while a large body is read: what comes after a pause, or with a head, is copied. */
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
      isSent = isAnswered = isPaused = false;
      uses += 1;
      activeAt = performance.now();
      atEndOfTurn(() => {
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
        if (silent >= limits.connectMs) destroy(new Fault('s3_timeout', { error: 'CONNECT_TIMEOUT' }));
      } else if (exchange === undefined) {
        if (silent >= limits.idleMs) destroy();
      } else if (!isPaused && silent >= limits.stallMs) {
        destroy(new Fault('s3_timeout', { error: isAnswered ? 'BODY_TIMEOUT' : 'HEADERS_TIMEOUT' }));
      }
    },
    uses: () => uses,
  };
}
