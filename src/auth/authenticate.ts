// Authenticates callers by their tokens. Caches verified tokens until they expire.
import { hash } from 'node:crypto';
import { lruList } from '../runtime/lru-list.ts';
import type { LruEntry } from '../runtime/lru-list.ts';
import { Fault } from '../errors/fault.ts';
import type { Caller } from './caller.ts';
import type { VerifiedToken, VerifyToken } from './verify-token.ts';
import type { MaybePromise } from '../runtime/maybe-promise.ts';

/**
 * The maximum number of cached tokens. This many tokens take about 3 MB. Caching them pays, because a caller's SDK sends the
 * same token for up to an hour.
 */
const MAX_TOKENS = 10_000;

/**
 * The maximum number of requests that may wait at once for a refetch of issuers' keys. Without a limit, requests with made-up
 * key IDs could occupy all request slots while an issuer's endpoint hangs. The limit is divided equally among the issuers, so
 * that one issuer's outage does not affect callers of the other issuers.
 */
const MAX_WAITING = 100;

interface Verification {
  readonly caller: Promise<Caller>;
  readonly wait: Wait;
}

/** The requests that wait for a token's signing key. */
interface Wait {
  requests: number;
  /** The name of the key's issuer; undefined for Google. */
  issuer: string | undefined;
}

interface CachedToken extends VerifiedToken {
  readonly key: string;
}

/**
 * The token cache holds identities, never permissions. The cache's keys are SHA-256 hashes of whole tokens: a token that
 * differs in one bit is verified separately, and the tokens themselves do not stay in memory.
 * @param options.verify verifies a token, and must call `beforeWait` before waiting for an unknown key; rejections are not
 * cached
 * @param options.issuers the number of issuers whose tokens `verify` accepts
 * @param options.onOutcome called for each token that is accepted
 */
export function authenticator(options: {
  readonly verify: VerifyToken;
  readonly issuers: number;
  readonly onOutcome: (outcome: 'cached' | 'verified') => void;
}): (token: string) => MaybePromise<Caller> {
  const { verify, onOutcome } = options;
  const mostWaiting = Math.floor(MAX_WAITING / options.issuers);
  const cached = new Map<string, LruEntry<CachedToken>>();
  const uses = lruList<CachedToken>();
  const forget = (entry: LruEntry<CachedToken>): void => {
    uses.remove(entry);
    cached.delete(entry.item.key);
  };
  const cacheToken = (key: string, verified: VerifiedToken): void => {
    cached.set(key, uses.add({ ...verified, key }));
    // Evicts the least recently used token, so that tokens in regular use survive a flood of new ones.
    const oldest = uses.size() > MAX_TOKENS ? uses.oldest() : undefined;
    if (oldest !== undefined) forget(oldest);
  };
  const verifying = new Map<string, Verification>();
  const waiting = new Map<string | undefined, number>();
  const countWaiting = (wait: Wait): void => {
    const count = waiting.get(wait.issuer) ?? 0;
    if (count >= mostWaiting)
      throw new Fault(wait.issuer === undefined ? 'signing_keys_unavailable' : 'issuer_keys_unavailable', {
        issuer: wait.issuer,
        error: 'too many requests are waiting for signing keys that the bridge has not fetched yet',
      });
    waiting.set(wait.issuer, count + 1);
    wait.requests += 1;
  };
  const begin = (token: string, key: string): Verification => {
    const wait: Wait = { requests: 0, issuer: undefined };
    const verified = verify(token, (issuer) => {
      // Counts the requests only once, even though one verification may wait for keys twice.
      if (wait.requests > 0) return;
      wait.issuer = issuer;
      countWaiting(wait);
    });
    const caller = verified
      .then((accepted) => {
        cacheToken(key, accepted);
        onOutcome('verified');
        return accepted.caller;
      })
      .finally(() => {
        verifying.delete(key);
        if (wait.requests > 0) waiting.set(wait.issuer, (waiting.get(wait.issuer) ?? 0) - wait.requests);
      });
    const verification = { caller, wait };
    verifying.set(key, verification);
    return verification;
  };
  return (token) => {
    const key = hash('sha256', token, 'base64url');
    const known = cached.get(key);
    if (known !== undefined) {
      if (known.item.expiresAt > Date.now()) {
        uses.use(known);
        onOutcome('cached');
        return known.item.caller;
      }
      forget(known);
    }
    const inProgress = verifying.get(key);
    if (inProgress === undefined) return begin(token, key).caller;
    if (inProgress.wait.requests > 0) countWaiting(inProgress.wait);
    return inProgress.caller;
  };
}
