// A Google-signed ID token becomes a caller; verified tokens are remembered until they expire.
import { hash } from 'node:crypto';
import { lruList } from '../runtime/lru-list.ts';
import type { LruEntry } from '../runtime/lru-list.ts';
import { Fault } from '../errors/fault.ts';
import type { MaybeAsync } from '../runtime/maybe-async.ts';
import type { Caller } from './caller.ts';
import type { VerifiedToken } from './verify-token.ts';

/** About 3 MB when full; each caller's SDK keeps one token for an hour. */
const REMEMBERED_TOKENS = 10_000;

/**
 * Requests that may wait at once for a key that Google may not have. They have no valid token yet, so without a bound those
 * with made-up key IDs would take the slots of all callers while Google's endpoint hangs.
 */
const MOST_WAITING = 100;

interface Verification {
  readonly caller: Promise<Caller>;
  /** Requests that wait for its key. */
  waiting: number;
}

interface Remembered extends VerifiedToken {
  readonly key: string;
}

/**
 * The memory holds identity, never what the caller may do. It is keyed by the SHA-256 of the whole token, so that a
 * token that differs in one bit is verified on its own, and no token stays in memory.
 * @param verify may throw, refusals are not remembered; calls `beforeWait` before it waits for a key that Google may not have
 * @param onOutcome told `cached` or `verified`
 */
export function authenticator(
  verify: (token: string, beforeWait: () => void) => Promise<VerifiedToken>,
  onOutcome: (outcome: 'cached' | 'verified') => void,
): (token: string) => MaybeAsync<Caller> {
  const remembered = new Map<string, LruEntry<Remembered>>();
  const uses = lruList<Remembered>();
  const forget = (place: LruEntry<Remembered>): void => {
    uses.remove(place);
    remembered.delete(place.item.key);
  };
  const remember = (key: string, verified: VerifiedToken): void => {
    remembered.set(key, uses.add({ ...verified, key }));
    // Whoever floods us with tokens pushes out those that nobody uses.
    const oldest = uses.size() > REMEMBERED_TOKENS ? uses.oldest() : undefined;
    if (oldest !== undefined) forget(oldest);
  };
  const verifying = new Map<string, Verification>();
  let waiting = 0;
  const wait = (verification: Verification): void => {
    if (waiting >= MOST_WAITING)
      throw new Fault('signing_keys_unavailable', { error: 'too many requests wait for unknown keys' });
    waiting += 1;
    verification.waiting += 1;
  };
  const begin = (token: string, key: string): Verification => {
    const verification: Verification = {
      waiting: 0,
      caller: verify(token, () => {
        wait(verification);
      })
        .then((verified) => {
          remember(key, verified);
          onOutcome('verified');
          return verified.caller;
        })
        .finally(() => {
          verifying.delete(key);
          waiting -= verification.waiting;
        }),
    };
    verifying.set(key, verification);
    return verification;
  };
  return (token) => {
    const key = hash('sha256', token, 'base64url');
    const known = remembered.get(key);
    if (known !== undefined) {
      if (known.item.expiresAt > Date.now()) {
        uses.use(known);
        onOutcome('cached');
        return known.item.caller;
      }
      forget(known);
    }
    const underWay = verifying.get(key);
    if (underWay === undefined) return begin(token, key).caller;
    if (underWay.waiting > 0) wait(underWay);
    return underWay.caller;
  };
}
