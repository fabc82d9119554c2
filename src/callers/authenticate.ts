// A Google-signed ID token becomes a caller; verified tokens are remembered until they expire.
import { hash } from 'node:crypto';
import { byLastUse } from '../by-last-use.ts';
import type { Place } from '../by-last-use.ts';
import type { Caller } from './caller.ts';
import type { VerifiedToken } from './verify-token.ts';

/** About 3 MB when full; each caller's SDK keeps one token for an hour. */
const REMEMBERED_TOKENS = 10_000;

interface Remembered extends VerifiedToken {
  readonly key: string;
}

/**
 * The memory holds identity, never what the caller may do. It is keyed by the SHA-256 of the whole token, so that a
 * token that differs in one bit is verified on its own, and no token stays in memory.
 * @param verify may throw; refusals are not remembered
 * @param onOutcome receives `cached` or `verified`
 */
export function authenticator(
  verify: (token: string) => Promise<VerifiedToken>,
  onOutcome: (outcome: 'cached' | 'verified') => void,
): (token: string) => Caller | Promise<Caller> {
  const remembered = new Map<string, Place<Remembered>>();
  const uses = byLastUse<Remembered>();
  const forget = (place: Place<Remembered>): void => {
    uses.remove(place);
    remembered.delete(place.item.key);
  };
  const remember = (key: string, verified: VerifiedToken): void => {
    remembered.set(key, uses.add({ ...verified, key }));
    // Whoever floods us with tokens pushes out those that nobody uses.
    const oldest = uses.size() > REMEMBERED_TOKENS ? uses.oldest() : undefined;
    if (oldest !== undefined) forget(oldest);
  };
  const verifying = new Map<string, Promise<Caller>>();
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
    let verification = verifying.get(key);
    if (verification === undefined) {
      verification = verify(token)
        .then((verified) => {
          remember(key, verified);
          onOutcome('verified');
          return verified.caller;
        })
        .finally(() => verifying.delete(key));
      verifying.set(key, verification);
    }
    return verification;
  };
}
