// Holds the identity token that we present, so that many STS calls share one fetch.
import type { IdentityToken } from './identity-token.ts';

/** STS must still find it valid when it reads it. A supplier may hand out less than this; then that is what we use. */
const FRESH_FOR_MS = 60_000;

export interface HeldToken {
  /** @param anew true after STS refused the last one: the held token is not good enough then */
  fetch(options?: { readonly anew: boolean }): Promise<IdentityToken>;
  /** The newest token seen, expired or not; undefined before the first. */
  last(): IdentityToken | undefined;
}

/** @param supply one fetch; concurrent callers share it, and it goes on when any of them goes away */
export function heldToken(supply: () => Promise<IdentityToken>): HeldToken {
  let held: IdentityToken | undefined;
  let fetching: Promise<IdentityToken> | undefined;
  return {
    fetch: ({ anew } = { anew: false }) => {
      if (!anew && held !== undefined && held.expiresAt - Date.now() > FRESH_FOR_MS)
        return Promise.resolve(held);
      fetching ??= supply()
        .then((token) => (held = token))
        .finally(() => (fetching = undefined));
      return fetching;
    },
    last: () => held,
  };
}
