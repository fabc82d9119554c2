// Opens sockets to an origin, TCP or TLS, at the addresses of its host in rotation.
import { lookup } from 'node:dns';
import type { LookupAddress } from 'node:dns';
import { connect as connectTcp } from 'node:net';
import type { LookupFunction } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Connect } from './connection.ts';

/** @param origin scheme, host and port */
export function connector(origin: string, lookup: LookupFunction): Connect {
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
      // Documented for net.connect only, but TLS sockets take it in the same way (Node, lib/_tls_wrap.js). Measured over TLS: 1.1 ms of
      // CPU per MiB instead of 1.8 with `data` events.
      ...({ onread } as object),
    });
    // A resumed handshake saves a round trip and a signature.
    socket.on('session', (latest) => {
      session = latest;
    });
    return { socket, up: 'secureConnect' };
  };
}

/** The DNS records of S3 live about five seconds. Connections that open together share one lookup. */
const KNOWN_MS = 5_000;

/**
 * S3 has many addresses, and each connection may use another one.
 * @returns a lookup for `net.connect`, by the system's resolver and in its order of address families
 */
export function spreadAddresses(): LookupFunction {
  const known = new Map<string, { readonly found: Promise<LookupAddress[]>; readonly until: number }>();
  let rotation = 0;
  const find = (host: string): Promise<LookupAddress[]> => {
    const before = known.get(host);
    if (before !== undefined && before.until > performance.now()) return before.found;
    const { promise, resolve, reject } = Promise.withResolvers<LookupAddress[]>();
    lookup(host, { all: true }, (error, addresses) => {
      if (error === null) {
        resolve(addresses);
        return;
      }
      // A failed lookup is not cached: the next one may succeed.
      known.delete(host);
      reject(error);
    });
    known.set(host, { found: promise, until: performance.now() + KNOWN_MS });
    return promise;
  };
  return (host, options, callback) => {
    find(host).then(
      (addresses) => {
        const from = rotation++ % addresses.length;
        const rotated = [...addresses.slice(from), ...addresses.slice(0, from)];
        const [first] = rotated;
        if (options.all === true) callback(null, rotated);
        else callback(null, first?.address ?? '', first?.family);
      },
      (error: unknown) => {
        callback(error as NodeJS.ErrnoException, []);
      },
    );
  };
}
