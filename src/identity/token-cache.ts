// Holds the identity token that we present, so that many STS calls share one fetch.
import type { IdentityToken } from './identity-token.ts';

/**
 * STS must still find it valid when it reads it. A supplier may hand out less than this, or our clock be wrong about it: then
 * each STS call shows what the supplier gives at that moment, and STS judges.
 */
const FRESH_FOR_MS = 60_000;

/** `refresh`: STS rejected the cached token, so fetch another. */
export interface FetchOptions {
  readonly refresh: boolean;
}

export interface TokenCache {
  fetch(options?: FetchOptions): Promise<IdentityToken>;
  /** The newest token seen, expired or not; undefined before the first. */
  last(): IdentityToken | undefined;
}

/** @param supply one fetch; concurrent callers share it, and it goes on when any of them goes away */
export function tokenCache(supply: (options: FetchOptions) => Promise<IdentityToken>): TokenCache {
  let held: IdentityToken | undefined;
  let fetching: Promise<IdentityToken> | undefined;
  return {
    fetch: ({ refresh } = { refresh: false }) => {
      if (!refresh && held !== undefined && held.expiresAt - Date.now() > FRESH_FOR_MS)
        return Promise.resolve(held);
      fetching ??= supply({ refresh })
        .then((token) => (held = token))
        .finally(() => (fetching = undefined));
      return fetching;
    },
    last: () => held,
  };
}
