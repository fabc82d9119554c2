// The connections to one origin: each carries one request after another, and closes when it has been idle for a while.
import { connect as connectTcp } from 'node:net';
import type { LookupFunction } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { openConnection } from './connection.ts';
import type { Connect, Connection, ConnectionParts } from './connection.ts';
import { HttpError } from './http-error.ts';

export interface ConnectionPool {
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
export function connectionPool(
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

function connector(origin: string, lookup: LookupFunction): Connect {
  const url = new URL(origin);
  const isTls = url.protocol === 'https:';
  const port = url.port === '' ? (isTls ? 443 : 80) : Number(url.port);
  // Only URLs put IPv6 addresses in brackets.
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!isTls) return (onread) => ({ socket: connectTcp({ host, port, lookup, onread }), up: 'connect' });
  let session: Buffer | undefined;
  const name = /^[\d.]+$|:/.test(host) ? {} : { servername: host };
  return (onread) => {
    const socket = connectTls({
      host,
      port,
      lookup,
      ...name,
      ALPNProtocols: ['http/1.1'],
      // Set explicitly, as a Node environment variable can change the default.
      rejectUnauthorized: true,
      ...(session === undefined ? {} : { session }),
      // Documented for net.connect only, but TLS sockets take it in the same way (Node, lib/_tls_wrap.js).
      ...({ onread } as object),
    });
    // A resumed handshake saves a round trip and a signature.
    socket.on('session', (latest) => {
      session = latest;
    });
    return { socket, up: 'secureConnect' };
  };
}
