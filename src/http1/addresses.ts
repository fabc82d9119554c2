// Resolves a host and returns its addresses in rotation: S3 returns many, and each connection may use another.
import { lookup } from 'node:dns';
import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';

/** The DNS records of S3 live about five seconds. Connections that open together share one lookup. */
const KNOWN_MS = 5_000;

/** @returns a lookup for `net.connect`, by the system's resolver and in its order of address families */
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
