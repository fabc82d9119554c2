// Finds the addresses of a host, and gives them in turn: S3 returns many, and each connection may go to another.
import { lookup } from 'node:dns';
import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';

/** S3's own answers live about five seconds; many connections that open at once ask once. */
const KNOWN_MS = 5_000;

/** @returns a lookup for `net.connect`; the system's resolver and its order of families hold */
export function spreadAddresses(): LookupFunction {
  const known = new Map<string, { readonly found: Promise<LookupAddress[]>; readonly until: number }>();
  let turn = 0;
  const find = (host: string): Promise<LookupAddress[]> => {
    const before = known.get(host);
    if (before !== undefined && before.until > performance.now()) return before.found;
    const { promise, resolve, reject } = Promise.withResolvers<LookupAddress[]>();
    lookup(host, { all: true }, (error, addresses) => {
      if (error === null) {
        resolve(addresses);
        return;
      }
      // A name that is not found now may be in a moment.
      known.delete(host);
      reject(error);
    });
    known.set(host, { found: promise, until: performance.now() + KNOWN_MS });
    return promise;
  };
  return (host, options, callback) => {
    find(host).then(
      (addresses) => {
        const from = turn++ % addresses.length;
        const turned = [...addresses.slice(from), ...addresses.slice(0, from)];
        const [first] = turned;
        if (options.all === true) callback(null, turned);
        else callback(null, first?.address ?? '', first?.family);
      },
      (error: unknown) => {
        callback(error as NodeJS.ErrnoException, []);
      },
    );
  };
}
