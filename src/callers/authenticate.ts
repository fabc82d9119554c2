// A Google-signed ID token becomes a caller; verified tokens are remembered until they expire.
import { hash } from 'node:crypto';
import type { Caller } from './caller.ts';
import type { VerifiedToken } from './verify-token.ts';

/** About 3 MB when full; each caller's SDK keeps one token for an hour. */
const REMEMBERED_TOKENS = 10_000;

/**
 * The memory holds identity, never what the caller may do. It is keyed by the SHA-256 of the whole token, so that a
 * token that differs in one bit is verified on its own, and no token stays in memory.
 * @param verify may throw; refusals are not remembered
 * @param onOutcome told `remembered` or `verified`
 */
export function authenticator(
  verify: (token: string) => Promise<VerifiedToken>,
  onOutcome: (outcome: 'remembered' | 'verified') => void,
): (token: string) => Caller | Promise<Caller> {
  const remembered = new Map<string, VerifiedToken>();
  const verifying = new Map<string, Promise<Caller>>();
  return (token) => {
    const key = hash('sha256', token, 'base64url');
    const known = remembered.get(key);
    if (known !== undefined) {
      remembered.delete(key);
      if (known.expiresAt > Date.now()) {
        // To the end again: whoever floods us with tokens pushes out those that nobody uses.
        remembered.set(key, known);
        onOutcome('remembered');
        return known.caller;
      }
    }
    let verification = verifying.get(key);
    if (verification === undefined) {
      verification = verify(token)
        .then((verified) => {
          remembered.set(key, verified);
          if (remembered.size > REMEMBERED_TOKENS) forgetOldest(remembered);
          onOutcome('verified');
          return verified.caller;
        })
        .finally(() => verifying.delete(key));
      verifying.set(key, verification);
    }
    return verification;
  };
}

function forgetOldest(remembered: Map<string, VerifiedToken>): void {
  for (const oldest of remembered.keys()) {
    remembered.delete(oldest);
    return;
  }
}
