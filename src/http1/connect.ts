// Opens TCP or TLS sockets to an origin, rotating through the addresses of its host.
import { lookup } from 'node:dns';
import type { LookupAddress } from 'node:dns';
import { connect as connectTcp } from 'node:net';
import type { LookupFunction, OnReadOpts, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface Connector {
  readonly isTls: boolean;
  open(onread: OnReadOpts): Socket;
}

/** @param origin scheme, host and port */
export function createConnector(origin: string, lookup: LookupFunction): Connector {
  const url = new URL(origin);
  const isTls = url.protocol === 'https:';
  const port = url.port === '' ? (isTls ? 443 : 80) : Number(url.port);
  // Removes the brackets around an IPv6 address, because only URLs use brackets.
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!isTls) return { isTls, open: (onread) => connectTcp({ host, port, lookup, onread }) };
  let session: Buffer | undefined;
  const name = /^[\d.]+$|:/.test(host) ? {} : { servername: host };
  const open = (onread: OnReadOpts): Socket => {
    const socket = connectTls({
      host,
      port,
      lookup,
      ...name,
      ALPNProtocols: ['http/1.1'],
      // This option is set explicitly, because NODE_TLS_REJECT_UNAUTHORIZED can change the default.
      rejectUnauthorized: true,
      ...(session === undefined ? {} : { session }),
      // `onread` is documented only for net.connect, but TLS sockets accept it too (Node, lib/_tls_wrap.js). Measured with TLS:
      // `onread` takes 1.1 ms of CPU time per MiB, and `data` events take 1.8 ms.
      ...({ onread } as object),
    });
    // Keeps the latest TLS session, because resuming it saves a round trip and a signature.
    socket.on('session', (latest) => {
      session = latest;
    });
    return socket;
  };
  return { isTls, open };
}

/**
 * How long a host's addresses are cached, so that connections that open together share one lookup. S3's DNS records have a TTL of
 * about five seconds.
 */
const KNOWN_MS = 5_000;

/**
 * Rotates through a host's addresses, because S3's hosts have many, and each connection can use a different address.
 * @returns a lookup function for `net.connect` that uses the system's resolver and its order of address families
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
      // A failed lookup is not cached, because the next lookup may succeed.
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
