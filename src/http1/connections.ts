// The connections to one origin: each carries one request after the other, and ends when nobody has needed it for a while.
import { connect as connectTcp } from 'node:net';
import type { LookupFunction } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Fault } from '../errors/fault.ts';
import { openConnection } from './connection.ts';
import type { Connect, Connection, ConnectionParts } from './connection.ts';

export interface Connections {
  /** @param isNew never one that has carried a request before */
  get(isNew: boolean): Connection;
  /** Opens one where there is none, for the request that is to come. */
  warm(): void;
  check(now: number): void;
  /** Ends each connection when its request is done. */
  retire(): void;
  destroy(): void;
  open(): number;
}

/**
 * As many as there are requests under way, whose number is limited where they are let in.
 * @param origin scheme, host and port
 */
export function connectionsTo(
  origin: string,
  around: ConnectionParts & { readonly lookup: LookupFunction },
): Connections {
  const connect = connector(origin, around.lookup);
  const all = new Set<Connection>();
  // The one that was used last is taken first: what is no more needed grows old, and ends.
  const idle: Connection[] = [];
  let isRetired = false;

  const open = (isIdle: boolean): Connection => {
    const connection: Connection = openConnection(connect, around, {
      onFree: () => {
        if (isRetired) connection.destroy();
        else idle.push(connection);
      },
      onEnd: () => {
        all.delete(connection);
        const place = idle.indexOf(connection);
        if (place !== -1) idle.splice(place, 1);
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
      // A fault, so that nothing is asked again on a new connection.
      for (const connection of [...all]) connection.destroy(new Fault('s3_unreachable', { error: 'CLOSED' }));
    },
    open: () => all.size,
  };
}

function connector(origin: string, lookup: LookupFunction): Connect {
  const url = new URL(origin);
  const isTls = url.protocol === 'https:';
  const port = url.port === '' ? (isTls ? 443 : 80) : Number(url.port);
  // IPv6 literals stand in brackets in a URL alone.
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
      // Stated, as Node has a variable that turns the default around.
      rejectUnauthorized: true,
      ...(session === undefined ? {} : { session }),
      // Documented for net.connect, and taken by TLS sockets just so (Node, lib/_tls_wrap.js).
      ...({ onread } as object),
    });
    // Resumed handshakes cost a round trip and a signature less.
    socket.on('session', (given) => {
      session = given;
    });
    return { socket, up: 'secureConnect' };
  };
}
