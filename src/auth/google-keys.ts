// Google's published keys: fetched at the start, refreshed in the background, and kept while the endpoint is down.
import http from 'node:http';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import { createRemoteJWKSet, customFetch, errors } from 'jose';
import type { FetchImplementation, JWTVerifyGetKey } from 'jose';
import { Fault } from '../errors/fault.ts';
import { startElapsed } from '../runtime/elapsed.ts';

/** The certificate endpoint responds within tens of milliseconds; callers without a cached token wait for it. */
const KEYS_DEADLINE_MS = 3_000;

/** Google rotates its keys over days and publishes a new one hours before it signs. */
const KEYS_REFRESH_MS = 60 * 60 * 1000;

/** Tokens with unknown keys cause no more requests to Google than this. */
const UNKNOWN_KEY_REFETCH_MS = 30_000;

/** While Google does not respond, the bridge sends no more requests than this, whatever callers send. */
const AFTER_FAILURE_MS = 1_000;

/**
 * Known keys keep working while the endpoint is down; an unknown key causes one bounded refetch. jose coalesces concurrent fetches,
 * but on its own would drop known keys when they expire. Pauses end by whichever clock has advanced further: after a wall clock is
 * set back, a new key would not be fetched until it has caught up; the monotonic clock stands still while a machine is suspended.
 * @returns a function that creates a getter of keys, which throws Fault token_key_unknown, signing_keys_unavailable; jose's
 *   JWKSNoMatchingKey, JWKSMultipleMatchingKeys. It calls `beforeWait` before it waits for a key that Google may not have,
 *   and does not wait if that throws
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
  // While the bridge starts to listen, so that the first caller need not wait. If it fails, the next token causes a refetch.
  keys.reload().catch(() => undefined);
  let refreshPause = pause(KEYS_REFRESH_MS);
  let refetchPause: Pause | undefined;
  let refetch: Promise<void> | undefined;
  /** Why the last refetch failed. */
  let unreachable: Fault | undefined;
  /** Why there are no keys at all yet, until the next fetch. */
  let empty: { readonly fault: Fault; readonly pause: Pause } | undefined;
  return (beforeWait) => async (header, token) => {
    // If Google publishes one key only, jose would accept a token without kid.
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
      // Google may have published that key: the caller should retry, not discard its token.
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
 * Not with `fetch`, whose first call costs 5 % of a start. As jose requires, no redirect is followed.
 * @throws Fault, as jose does not report a status other than 200; the signal's reason
 */
const fetchKeys: FetchImplementation = async (url, { headers, signal }) => {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const { get } = url.startsWith('https:') ? https : http;
  const strict = { rejectUnauthorized: true, insecureHTTPParser: false };
  // Nothing here decodes a content encoding.
  get(url, { headers: { ...Object.fromEntries(headers), 'accept-encoding': 'identity' }, signal, ...strict })
    .on('response', resolve)
    .on('error', reject)
    // The only event that Node emits for a 101; any other would never come, whatever the signal does.
    .on('close', () => {
      reject(new Fault('signing_keys_unavailable', { error: 'closed' }));
    });
  try {
    const response = await promise;
    const { statusCode: status } = response;
    if (status !== 200) {
      // An unread body would hold its connection.
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

/** The code, or else the name, of the innermost error: jose wraps errors in general ones. */
function reasonOf(error: unknown): string {
  let reason: string = typeof error;
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string' && at.code !== errors.JOSEError.code) return at.code;
    reason = at.name;
  }
  return reason;
}
