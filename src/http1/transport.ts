// The HTTP/1.1 client: carries requests to origins and their responses back as they arrive, with raw headers and back-pressure.
import type { LookupFunction } from 'node:net';
import { deferredWrites } from '../runtime/deferred-writes.ts';
import { connector, spreadAddresses } from './connect.ts';
import { openConnection } from './connection.ts';
import type { Connection, ConnectionParts } from './connection.ts';
import { dispatch } from './dispatch.ts';
import type { UpstreamRequest, UpstreamResponse } from './exchange.ts';
import { HttpError } from './http-error.ts';
import { readBuffers } from './read-buffers.ts';

export interface Transport {
  /** @throws HttpError; after a cancellation any Error, which nobody receives */
  send(origin: string, request: UpstreamRequest): Promise<UpstreamResponse>;
  /** Opens a connection if there is none, for a request that is expected. */
  warm(origin: string): void;
  /** Closes each connection when its request is done. */
  retire(): void;
  close(): void;
}

const LIMITS = {
  /** S3 closes idle connections after about 20 s (not documented; SDKs assume it): this client closes them earlier. */
  idleMs: 15_000,
  connectMs: 3_000,
  /** So that an address which DNS no longer returns is not used on and on under load. */
  lifeMs: 5 * 60_000,
};

/** How often connections are checked against their timeouts; more often if a timeout is shorter. */
const CHECK_MS = 1_000;

/**
 * @param options.stallMs how long an upstream may send nothing, before and during a response, while the body is read
 * @param options.mayReuseAfterHead whether an origin is known to send no body in response to HEAD; none by default
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
      // A connection opened after `close` would keep the process alive.
      if (!isClosed) poolOf(origin).warm();
    },
    retire: () => {
      for (const pool of pools.values()) {
        pool.retire();
        retired.add(pool);
      }
      // A request that has not been sent yet opens new connections.
      pools.clear();
    },
    close: () => {
      isClosed = true;
      for (const pool of [...pools.values(), ...retired]) pool.destroy();
      clearInterval(timer);
    },
  };
}

/** A request without a body, which ends with its head. */
function textOf({ method, path, headers }: UpstreamRequest): string {
  let text = `${method} ${path} HTTP/1.1\r\n`;
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i] ?? ''}: ${headers[i + 1] ?? ''}\r\n`;
  return `${text}\r\n`;
}

/** The connections to one origin: each carries one request after another, and closes when it has been idle for a while. */
interface ConnectionPool {
  /** @param isNew whether it must be one that has not carried a request before */
  get(isNew: boolean): Connection;
  /** Opens a connection if there is none, for a request that is expected. */
  warm(): void;
  check(now: number): void;
  /** Closes each connection when its request is done. */
  retire(): void;
  destroy(): void;
  open(): number;
}

/**
 * Has no limit of its own: there are as many connections as requests in progress, which the server limits.
 * @param origin scheme, host and port
 */
function connectionPool(
  origin: string,
  parts: ConnectionParts & { readonly lookup: LookupFunction },
): ConnectionPool {
  const connect = connector(origin, parts.lookup);
  const all = new Set<Connection>();
  // The one used last is taken first, so that connections which are no longer needed time out.
  const idle: Connection[] = [];
  let isRetired = false;

  const open = (isIdle: boolean): Connection => {
    const connection: Connection = openConnection(connect, parts, {
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
      // An HttpError, so that nothing is sent again on a new connection.
      for (const connection of [...all]) connection.destroy(new HttpError('unreachable', 'CLOSED'));
    },
    open: () => all.size,
  };
}
