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
  return (token) => {
    const key = hash('sha256', token, 'base64url');
    const known = remembered.get(key);
    if (known !== undefined) {
      if (known.expiresAt > Date.now()) {
        onOutcome('remembered');
        return known.caller;
      }
      remembered.delete(key);
    }
    return verify(token).then((verified) => {
      remembered.set(key, verified);
      if (remembered.size > REMEMBERED_TOKENS) forgetOldest(remembered);
      onOutcome('verified');
      return verified.caller;
    });
  };
}

function forgetOldest(remembered: Map<string, VerifiedToken>): void {
  for (const oldest of remembered.keys()) {
    remembered.delete(oldest);
    return;
  }
}
