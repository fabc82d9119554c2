// Google's published keys: fetched at startup, refreshed in the background, and kept while the endpoint is down.
import http from 'node:http';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import { createRemoteJWKSet, customFetch, errors } from 'jose';
import type { FetchImplementation, JWTVerifyGetKey } from 'jose';
import { Fault } from '../errors/fault.ts';
import { startElapsed } from '../runtime/elapsed.ts';

/**
 * The timeout of a fetch. Google's certificate endpoint responds within tens of milliseconds, and callers without a cached token
 * wait for it.
 */
const KEYS_DEADLINE_MS = 3_000;

/** Google rotates its keys slowly: it publishes each new key hours before it signs tokens with that key. */
const KEYS_REFRESH_MS = 60 * 60 * 1000;

/** The minimum time between fetches that are triggered by tokens with unknown key IDs. */
const UNKNOWN_KEY_REFETCH_MS = 30_000;

/** The minimum time between fetches while Google's endpoint fails, however many requests arrive. */
const AFTER_FAILURE_MS = 1_000;

/**
 * Known keys keep working while Google's endpoint is down; an unknown key triggers at most one refetch at a time. jose coalesces
 * concurrent fetches, but would drop known keys when they expire. A pause ends when either the wall clock or the monotonic clock
 * has advanced far enough: the wall clock may be set back, and the monotonic clock stops while the machine is suspended.
 * @returns a function that creates a key getter for jose. The getter throws Fault token_key_unknown, signing_keys_unavailable;
 * jose's JWKSNoMatchingKey, JWKSMultipleMatchingKeys. Before the getter waits for an unknown key, it calls `beforeWait`, and it
 * does not wait if `beforeWait` throws
 */
export function googleKeys(
  certsUrl: string,
  onKeysFailed: (fault: Fault) => void,
): (beforeWait: () => void) => JWTVerifyGetKey {
  const keys = createRemoteJWKSet(new URL(certsUrl), {
    timeoutDuration: KEYS_DEADLINE_MS,
    cacheMaxAge: Infinity,
    cooldownDuration: Infinity,
    [customFetch]: fetchKeys,
  });
  // Fetches the keys at startup, so that the first caller does not wait. If the fetch fails, the next token triggers a new one.
  keys.reload().catch(() => undefined);
  let refreshPause = pause(KEYS_REFRESH_MS);
  let refetchPause: Pause | undefined;
  let refetch: Promise<void> | undefined;
  /** The fault of the last refetch; undefined if the refetch succeeded. */
  let unreachable: Fault | undefined;
  /** Set if a fetch failed before any keys were known. Until the pause is over, the same fault is thrown again. */
  let empty: { readonly fault: Fault; readonly pause: Pause } | undefined;
  return (beforeWait) => async (header, token) => {
    // If Google published only one key, jose would accept a token without `kid`.
    if (typeof header.kid !== 'string') throw new Fault('token_key_unknown');
    if (empty?.pause.isOver() === false) throw empty.fault;
    if (refreshPause.isOver()) {
      keys.reload().catch((error: unknown) => {
        refreshPause = pause(UNKNOWN_KEY_REFETCH_MS);
        onKeysFailed(keysFault(error));
      });
      refreshPause = pause(KEYS_REFRESH_MS);
    }
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) {
        if (keys.jwks() === undefined) empty = { fault: keysFault(error), pause: pause(AFTER_FAILURE_MS) };
        throw error;
      }
      if (refetch === undefined && refetchPause?.isOver() !== false) {
        refetchPause = pause(UNKNOWN_KEY_REFETCH_MS);
        unreachable = undefined;
        refetch = keys
          .reload()
          .catch((cause: unknown) => {
            unreachable = keysFault(cause);
            refetchPause = pause(AFTER_FAILURE_MS);
            onKeysFailed(unreachable);
          })
          .finally(() => (refetch = undefined));
      }
      if (refetch !== undefined) {
        beforeWait();
        await refetch;
      }
      // Google may have published the token's key in the meantime, so the caller should retry instead of discarding its token.
      if (unreachable !== undefined) throw unreachable;
      return await keys(header, token);
    }
  };
}

interface Pause {
  isOver(): boolean;
}

function pause(milliseconds: number): Pause {
  const passed = startElapsed();
  return { isOver: () => passed() >= milliseconds };
}

/**
 * Avoids the global `fetch`, because its first call takes 5 % of the startup time. jose requires that redirects are not followed.
 * @throws Fault if the status is not 200, because jose's error would not contain the status; after an abort, the signal's reason
 */
const fetchKeys: FetchImplementation = async (url, { headers, signal }) => {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const { get } = url.startsWith('https:') ? https : http;
  const strict = { rejectUnauthorized: true, insecureHTTPParser: false };
  // node:https does not decompress response bodies.
  get(url, { headers: { ...Object.fromEntries(headers), 'accept-encoding': 'identity' }, signal, ...strict })
    .on('response', resolve)
    .on('error', reject)
    // For a 101 response, Node emits only `close`, even if the signal aborts the request.
    .on('close', () => {
      reject(new Fault('signing_keys_unavailable', { error: 'closed' }));
    });
  try {
    const response = await promise;
    const { statusCode: status } = response;
    if (status !== 200) {
      // An unread body would keep its connection open.
      response.destroy();
      throw new Fault('signing_keys_unavailable', { status });
    }
    return new Response(Buffer.concat(await response.toArray()));
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
};

export function keysFault(error: unknown): Fault {
  return error instanceof Fault ? error : new Fault('signing_keys_unavailable', { error: reasonOf(error) });
}

/** Returns the first error code in the chain of causes, or the name of the innermost error: jose wraps errors in generic ones. */
function reasonOf(error: unknown): string {
  let reason: string = typeof error;
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string' && at.code !== errors.JOSEError.code) return at.code;
    reason = at.name;
  }
  return reason;
}
