// The HTTP/1.1 client: sends requests to origins and streams their responses, with raw headers and back-pressure.
import type { LookupFunction } from 'node:net';
import { deferredWrites } from '../runtime/deferred-writes.ts';
import { createConnector, spreadAddresses } from './connect.ts';
import { openConnection } from './connection.ts';
import type { Connection, ConnectionParts } from './connection.ts';
import { dispatch } from './dispatch.ts';
import type { UpstreamRequest, UpstreamResponse } from './exchange.ts';
import { HttpError } from './http-error.ts';
import { readBuffers } from './read-buffers.ts';

export interface Transport {
  /** @throws HttpError, or any Error after a cancellation, because the calling code then ignores the error */
  send(origin: string, request: UpstreamRequest): Promise<UpstreamResponse>;
  /** Opens a connection for an expected request, unless a connection already exists. */
  warm(origin: string): void;
  /** Closes idle connections now, and each busy connection when its request is done. */
  retire(): void;
  close(): void;
}

const LIMITS = {
  /** S3 closes idle connections after about 20 s (undocumented, but assumed by SDKs), so this client closes them earlier. */
  idleMs: 15_000,
  connectMs: 3_000,
  /** Limits how long a busy connection uses an address that DNS no longer returns. */
  lifeMs: 5 * 60_000,
};

/** The interval at which timeouts are checked; shorter if `stallMs` is short. */
const CHECK_MS = 1_000;

/**
 * @param options.stallMs the maximum time without data from an upstream before and during a response, except while a slow reader
 * pauses the response
 * @param options.mayReuseAfterHead whether an origin is known never to send a body in response to HEAD; default: false for all
 * origins
 */
export function createTransport(options: {
  readonly stallMs: number;
  readonly mayReuseAfterHead?: (origin: string) => boolean;
}): Transport {
  const { stallMs, mayReuseAfterHead = () => false } = options;
  const shared = {
    buffers: readBuffers(),
    limits: { ...LIMITS, stallMs },
    lookup: spreadAddresses(),
    deferWrite: deferredWrites(),
  };
  const pools = new Map<string, ConnectionPool>();
  const retired = new Set<ConnectionPool>();
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  const checkTimeouts = (): void => {
    const now = performance.now();
    let open = 0;
    for (const pool of [...pools.values(), ...retired]) {
      pool.check(now);
      open += pool.open();
      if (pool.open() === 0) retired.delete(pool);
    }
    if (open > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
  const poolOf = (origin: string): ConnectionPool => {
    timer ??= setInterval(checkTimeouts, Math.min(CHECK_MS, stallMs / 4)).unref();
    let pool = pools.get(origin);
    if (pool === undefined) {
      pool = connectionPool(origin, { ...shared, mayReuseAfterHead: mayReuseAfterHead(origin) });
      pools.set(origin, pool);
    }
    return pool;
  };

  return {
    send: (origin, request) =>
      isClosed
        ? Promise.reject(new HttpError('unreachable', 'CLOSED'))
        : dispatch(poolOf(origin).get, textOf(request), request),
    warm: (origin) => {
      // After `close`, opens no connection, because a new connection would keep the process alive.
      if (!isClosed) poolOf(origin).warm();
    },
    retire: () => {
      for (const pool of pools.values()) {
        pool.retire();
        retired.add(pool);
      }
      // The pools are cleared, so that later requests use new pools.
      pools.clear();
    },
    close: () => {
      isClosed = true;
      for (const pool of [...pools.values(), ...retired]) pool.destroy();
      clearInterval(timer);
    },
  };
}

/** Returns the text of a request, which has no body. */
function textOf({ method, path, headers }: UpstreamRequest): string {
  let text = `${method} ${path} HTTP/1.1\r\n`;
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i] ?? ''}: ${headers[i + 1] ?? ''}\r\n`;
  return `${text}\r\n`;
}

/** The connections to one origin. Each connection carries one request at a time, and closes when it has been idle for a while. */
interface ConnectionPool {
  /** @param isNew whether to open a connection even if an idle connection exists */
  get(isNew: boolean): Connection;
  /** Opens a connection for an expected request, unless a connection already exists. */
  warm(): void;
  check(now: number): void;
  /** Closes idle connections now, and each busy connection when its request is done. */
  retire(): void;
  destroy(): void;
  open(): number;
}

/**
 * The pool needs no size limit: except for `warm`, it opens connections only for requests in progress, and the server limits
 * their number.
 * @param origin scheme, host and port
 */
function connectionPool(
  origin: string,
  parts: ConnectionParts & { readonly lookup: LookupFunction },
): ConnectionPool {
  const connector = createConnector(origin, parts.lookup);
  const all = new Set<Connection>();
  // Used as a stack: the most recently used connection is reused first, so that unneeded connections stay idle and time out.
  const idle: Connection[] = [];
  let isRetired = false;

  const open = (isIdle: boolean): Connection => {
    const connection: Connection = openConnection(connector, parts, {
      onFree: () => {
        if (isRetired) connection.destroy();
        else idle.push(connection);
      },
      onEnd: () => {
        all.delete(connection);
        const index = idle.indexOf(connection);
        if (index !== -1) idle.splice(index, 1);
      },
    });
    all.add(connection);
    if (isIdle) idle.push(connection);
    return connection;
  };

  return {
    get: (isNew) => (isNew ? undefined : idle.pop()) ?? open(false),
    warm: () => {
      if (all.size === 0) open(true);
    },
    check: (now) => {
      for (const connection of all) connection.check(now);
    },
    retire: () => {
      isRetired = true;
      for (const connection of [...idle]) connection.destroy();
    },
    destroy: () => {
      // Fails all requests with an HttpError, so that `dispatch` does not resend requests on new connections.
      for (const connection of [...all]) connection.destroy(new HttpError('unreachable', 'CLOSED'));
    },
    open: () => all.size,
  };
}
