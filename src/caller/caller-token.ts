// Keeps a caller's identity token valid: renews it before it expires, and replaces it if the bridge rejects it.
import { asFault } from '../errors/fault.ts';
import type { Fault } from '../errors/fault.ts';
import type { IdentityToken } from '../identity/identity-token.ts';
import { startElapsed } from '../runtime/elapsed.ts';

export interface CallerToken {
  /** @throws Fault if the source fails and no valid token is left */
  get(): Promise<string>;
  /**
   * Replaces a rejected token. Requests a new token from the source, unless the last request was only seconds ago.
   * @param rejected the token that the bridge rejected, for example because this machine's clock is behind
   * @returns a token other than the rejected one; undefined if there is none
   */
  replace(rejected: string): Promise<string | undefined>;
}

/** Called after each request to the source, with the fault, or with undefined if the source returned a token. */
export type OnToken = (fault: Fault | undefined) => void;

/**
 * How long before its expiry a token is renewed. An earlier renewal would have no effect, because the metadata server returns
 * the same token until about four minutes before the token expires.
 */
const RENEW_BEFORE_MS = 5 * 60_000;
/** The minimum remaining lifetime of a token. A token with less time left might expire before the bridge checks it. */
const USABLE_MS = 10_000;
/** The minimum time between requests to the source, for example while the source fails or returns the same token. */
const PAUSE_MS = 15_000;

/** @param fetchToken requests a token from the source; concurrent requests share one call */
export function renewingToken(fetchToken: () => Promise<IdentityToken>, onToken: OnToken): CallerToken {
  let held: IdentityToken | undefined;
  let fetching: Promise<IdentityToken> | undefined;
  let sinceFetch: (() => number) | undefined;

  const renew = (): Promise<IdentityToken> => {
    if (fetching !== undefined) return fetching;
    sinceFetch = startElapsed();
    fetching = fetchToken()
      .then(
        (token) => {
          onToken(undefined);
          held = token;
          return token;
        },
        (error: unknown) => {
          const fault = asFault(error);
          onToken(fault);
          throw fault;
        },
      )
      .finally(() => (fetching = undefined));
    return fetching;
  };
  const mayRenewAgain = (): boolean => sinceFetch === undefined || sinceFetch() > PAUSE_MS;
  const heldOtherThan = (rejected: string): string | undefined =>
    held?.jwt === rejected ? undefined : held?.jwt;

  return {
    get: async () => {
      const leftMs = held === undefined ? 0 : held.expiresAt - Date.now();
      if (held === undefined || leftMs < USABLE_MS) return (await renew()).jwt;
      // Ignores a failure here, because `onToken` reports it, and the held token is still valid.
      if (leftMs < RENEW_BEFORE_MS && mayRenewAgain()) renew().catch(() => undefined);
      return held.jwt;
    },
    replace: async (rejected) => {
      if (held?.jwt === rejected && mayRenewAgain()) await renew().catch(() => undefined);
      return heldOtherThan(rejected);
    },
  };
}
