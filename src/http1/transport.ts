// Carries one request to S3 and its answer back as it comes: raw headers, bytes as they arrive, back-pressure.
import { deferredWrites } from '../runtime/deferred-writes.ts';
import { Fault } from '../errors/fault.ts';
import { spreadAddresses } from './addresses.ts';
import { connectionsTo } from './connections.ts';
import type { Connections } from './connections.ts';
import type { Departure } from './departure.ts';
import { dispatch } from './dispatch.ts';
import { readBuffers } from './read-buffers.ts';
import type { Free } from './read-buffers.ts';

/** Where an answer's body goes. Any of these may be called as soon as it is given to `Answer.pipe`. */
export interface Sink {
  /**
   * @param free to call when nobody looks at the chunk any more; who keeps it does not call
   * @returns false where it wants no more until it calls `Answer.resume`
   */
  write(chunk: Buffer, free?: Free): boolean;
  end(): void;
  /** The body was cut: what has been written is not the whole. */
  fail(error: Error): void;
}

export interface UpstreamResponse {
  readonly status: number;
  /** Names as sent and values, in turn, as Latin-1. */
  readonly headers: readonly string[];
  /** All of the body, where it came with its head; a small one as Latin-1. Whoever takes it need not pipe. */
  readonly whole?: Buffer | string;
  /** Once, unless it is aborted: a body that nobody reads would hold its connection. */
  pipe(sink: Sink): void;
  resume(): void;
  /** Closes the connection, before or while the body is read: a sink that has it fails. */
  abort(): void;
}

export interface RawRequest {
  readonly method: 'GET' | 'HEAD';
  /** Path and query, escaped: sent as it is. */
  readonly path: string;
  readonly headers: readonly string[];
  readonly departure: Departure;
}

export interface Transport {
  /** @throws Fault s3_unreachable, s3_timeout, s3_invalid_response; of a caller that has gone, whatever */
  send(origin: string, request: RawRequest): Promise<UpstreamResponse>;
  /** Opens a connection where there is none, for the request that is to come. */
  warm(origin: string): void;
  /** Ends each connection when its request is done. */
  retire(): void;
  close(): void;
}

const LIMITS = {
  /** S3 closes idle connections after about 20 s (not documented; SDKs assume it); the bridge does so earlier. */
  idleMs: 15_000,
  connectMs: 3_000,
  /** So that an address which S3 no longer gives is not held on to under load. */
  lifeMs: 5 * 60_000,
};

/** How often connections are looked at that may have been silent for too long; the shortest limits want it oftener. */
const LOOK_MS = 1_000;

/**
 * @param options.stallMs the longest that S3 may send nothing, before and amid an answer, while somebody reads
 * @param options.mayReuseAfterHead whether an origin is known to send no body in response to HEAD; none by default
 */
export function createTransport(options: {
  readonly stallMs: number;
  readonly mayReuseAfterHead?: (origin: string) => boolean;
}): Transport {
  const { stallMs, mayReuseAfterHead = () => false } = options;
  const around = {
    buffers: readBuffers(),
    limits: { ...LIMITS, stallMs },
    lookup: spreadAddresses(),
    atEndOfTurn: deferredWrites(),
  };
  const origins = new Map<string, Connections>();
  const retired = new Set<Connections>();
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  const look = (): void => {
    const now = performance.now();
    let open = 0;
    for (const connections of [...origins.values(), ...retired]) {
      connections.check(now);
      open += connections.open();
      if (connections.open() === 0) retired.delete(connections);
    }
    if (open > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
  const connectionsOf = (origin: string): Connections => {
    timer ??= setInterval(look, Math.min(LOOK_MS, stallMs / 4)).unref();
    let connections = origins.get(origin);
    if (connections === undefined) {
      connections = connectionsTo(origin, { ...around, mayReuseAfterHead: mayReuseAfterHead(origin) });
      origins.set(origin, connections);
    }
    return connections;
  };

  return {
    send: (origin, request) =>
      isClosed
        ? Promise.reject(new Fault('s3_unreachable', { error: 'CLOSED' }))
        : dispatch(connectionsOf(origin), textOf(request), request),
    warm: (origin) => {
      // What a role gets after the end must not hold the process.
      if (!isClosed) connectionsOf(origin).warm();
    },
    retire: () => {
      for (const connections of origins.values()) {
        connections.retire();
        retired.add(connections);
      }
      // A request that still waits for its credentials finds new ones.
      origins.clear();
    },
    close: () => {
      isClosed = true;
      for (const connections of [...origins.values(), ...retired]) connections.destroy();
      clearInterval(timer);
    },
  };
}

/** A request without a body, which ends with its head. */
function textOf({ method, path, headers }: RawRequest): string {
  let text = `${method} ${path} HTTP/1.1\r\n`;
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i] ?? ''}: ${headers[i + 1] ?? ''}\r\n`;
  return `${text}\r\n`;
}
