// Keeps an issuer's published keys. The keys are fetched at startup, refreshed in the background, and kept while the endpoint is
// down.
import { createRemoteJWKSet, customFetch, errors } from 'jose';
import type { FetchImplementation, JWTVerifyGetKey } from 'jose';
import { Fault } from '../errors/fault.ts';
import { startElapsed } from '../runtime/elapsed.ts';

/** The timeout of a fetch. Issuers respond within tens of milliseconds, and callers without a cached token wait for the fetch. */
const KEYS_DEADLINE_MS = 3_000;

/**
 * How often the keys are refreshed. Issuers rotate their keys slowly: Google publishes each new key hours before it signs tokens
 * with that key.
 */
const KEYS_REFRESH_MS = 60 * 60 * 1000;

/** The minimum time between fetches that are triggered by tokens with unknown key IDs. */
const UNKNOWN_KEY_REFETCH_MS = 30_000;

/** The minimum time between fetches while the issuer's endpoint fails, however many requests arrive. */
const AFTER_FAILURE_MS = 1_000;

export interface IssuerKeys {
  /**
   * Creates a key getter for jose. The getter throws Fault token_key_unknown, the faults that `faultOf` returns, and jose's
   * JWKSNoMatchingKey and JWKSMultipleMatchingKeys. Before the getter waits for an unknown key, it calls `beforeWait`. If
   * `beforeWait` throws, the getter does not wait.
   */
  getter(beforeWait: () => void): JWTVerifyGetKey;
}

export interface IssuerKeysOptions {
  readonly url: URL;
  readonly fetch: FetchImplementation;
  /** Converts the error of a fetch to a fault. */
  readonly faultOf: (error: unknown) => Fault;
  /**
   * Whether the first token after the keys are due for a refresh waits for that refresh, so that a withdrawn key cannot verify
   * the token.
   */
  readonly waitsForRefresh: boolean;
  /** Called if a fetch in the background failed. @param isFirst whether no keys are known yet */
  readonly onKeysFailed: (fault: Fault, isFirst: boolean) => void;
}

/**
 * Keeps known keys in use while the issuer's endpoint is down; an unknown key triggers at most one refetch at a time. jose
 * itself coalesces concurrent fetches, but would drop known keys when they expire. A pause ends when the wall clock or the
 * monotonic clock has advanced far enough. One clock is not sufficient: the wall clock may be set back, and the monotonic clock
 * stops while the machine is suspended.
 */
export function issuerKeys({
  url,
  fetch,
  faultOf,
  waitsForRefresh,
  onKeysFailed,
}: IssuerKeysOptions): IssuerKeys {
  const keys = createRemoteJWKSet(url, {
    timeoutDuration: KEYS_DEADLINE_MS,
    cacheMaxAge: Infinity,
    cooldownDuration: Infinity,
    [customFetch]: fetch,
  });
  /**
   * Whether any keys are known. The result is stored here, because jose copies its whole key set whenever the keys are read.
   */
  let areKnown = false;
  const reload = async (): Promise<void> => {
    await keys.reload();
    areKnown = true;
  };
  // Fetches the keys at startup, so that the first caller does not wait. If this fetch fails, the next token triggers another
  // fetch.
  reload().catch((error: unknown) => {
    onKeysFailed(faultOf(error), true);
  });
  let refreshPause = pause(KEYS_REFRESH_MS);
  let refetchPause: Pause | undefined;
  let refetch: Promise<void> | undefined;
  /** The fault of the last refetch; undefined if the refetch succeeded. */
  let unreachable: Fault | undefined;
  /** Set if a fetch failed before any keys were known. Until the pause is over, the same fault is thrown again. */
  let empty: { readonly fault: Fault; readonly pause: Pause } | undefined;
  const getter: IssuerKeys['getter'] = (beforeWait) => async (header, token) => {
    // Rejects a token without `kid`, which jose would accept if the issuer published only one key.
    if (typeof header.kid !== 'string') throw new Fault('token_key_unknown');
    if (empty?.pause.isOver() === false) throw empty.fault;
    // Calls `beforeWait` only if the first fetch has failed: every caller waits for the first fetch at startup, but anyone
    // could cause later fetches.
    if (!areKnown && empty !== undefined) beforeWait();
    if (refreshPause.isOver()) {
      refreshPause = pause(KEYS_REFRESH_MS);
      const refresh = reload().catch((error: unknown) => {
        refreshPause = pause(UNKNOWN_KEY_REFETCH_MS);
        onKeysFailed(faultOf(error), false);
      });
      if (waitsForRefresh) await refresh;
    }
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) {
        if (keys.jwks() !== undefined) throw error;
        empty = { fault: faultOf(error), pause: pause(AFTER_FAILURE_MS) };
        throw empty.fault;
      }
      if (refetch === undefined && refetchPause?.isOver() !== false) {
        refetchPause = pause(UNKNOWN_KEY_REFETCH_MS);
        unreachable = undefined;
        refetch = reload()
          .catch((cause: unknown) => {
            unreachable = faultOf(cause);
            refetchPause = pause(AFTER_FAILURE_MS);
            onKeysFailed(unreachable, false);
          })
          .finally(() => (refetch = undefined));
      }
      if (refetch !== undefined) {
        beforeWait();
        await refetch;
      }
      // If the last refetch failed, its fault is thrown, so that the caller retries instead of discarding its token: the issuer
      // may have published the token's key in the meantime.
      if (unreachable !== undefined) throw unreachable;
      return await keys(header, token);
    } finally {
      areKnown ||= keys.jwks() !== undefined;
    }
  };
  return { getter };
}

interface Pause {
  isOver(): boolean;
}

function pause(milliseconds: number): Pause {
  const passed = startElapsed();
  return { isOver: () => passed() >= milliseconds };
}
