// Chooses the issuer whose keys verify a token, so that each token is decoded and verified only once.
import type { FlattenedJWSInput, JWTHeaderParameters } from 'jose';
import { Fault } from '../errors/fault.ts';
import type { TrustedIssuer } from './trusted-issuer.ts';

/**
 * Chooses by the issuer that the token names, although the token has not been verified yet. The choice only selects keys: after
 * verification, the claims must name the issuer that was chosen. The key ID is not used for the choice, because one issuer
 * could publish a key with another issuer's key ID, and so block the other issuer's callers.
 * @returns a function that throws Fault token_issuer_invalid if the token names an issuer that the bridge does not trust
 */
export function chooseIssuer(
  google: TrustedIssuer,
  others: readonly TrustedIssuer[],
): (header: JWTHeaderParameters, parts: FlattenedJWSInput) => TrustedIssuer {
  if (others.length === 0) return () => google;
  const all = [google, ...others];
  return (_header, { payload }) => {
    const iss = claimedIssuer(payload);
    // A token without an issuer is verified as one of Google's, and the verification reports what is wrong with the token.
    if (iss === undefined) return google;
    const claimed = all.find(({ urls }) => urls.includes(iss));
    if (claimed === undefined)
      throw new Fault('token_issuer_invalid', { iss: JSON.stringify(iss).slice(0, 256) });
    return claimed;
  };
}

function claimedIssuer(payload: string | Uint8Array): string | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(String(payload), 'base64url').toString());
    return typeof claims === 'object' && claims !== null && 'iss' in claims && typeof claims.iss === 'string'
      ? claims.iss
      : undefined;
  } catch {
    return undefined;
  }
}
