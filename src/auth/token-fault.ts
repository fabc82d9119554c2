// Converts jose's errors about a token to faults, with the claims that an operator may need to compare.
import { decodeJwt, errors } from 'jose';
import type { JWTPayload } from 'jose';
import { Fault } from '../errors/fault.ts';
import type { FaultCode } from '../errors/table.ts';

/**
 * Converts an error to a fault that contains only codes and named claims, because messages of jose and Node can contain the
 * token.
 * @param audiences the audiences that the bridge accepts
 * @returns undefined if the error is about the issuer's keys, not about the token
 */
export function tokenFault(error: unknown, token: string, audiences: readonly string[]): Fault | undefined {
  if (error instanceof Fault) return error;
  if (error instanceof errors.JWTExpired) return new Fault('token_expired', claimsForLog(error.payload));
  // jose checks claims only after it has verified the signature.
  if (error instanceof errors.JWTClaimValidationFailed) {
    const { claim, payload } = error;
    const addition = claim === 'aud' ? audienceMismatch(payload.aud, audiences) : undefined;
    return new Fault(CLAIM_FAULTS[claim] ?? 'token_claims_invalid', claimsForLog(payload), addition);
  }
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return new Fault('token_signature_invalid', unverifiedClaims(token));
  if (error instanceof errors.JOSEAlgNotAllowed) return new Fault('token_algorithm_invalid');
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
    return new Fault('token_key_unknown');
  }
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid)
    return new Fault('token_malformed');
  if (error instanceof errors.JOSENotSupported) return new Fault('token_algorithm_invalid');
  return undefined;
}

const CLAIM_FAULTS: Readonly<Record<string, FaultCode>> = {
  iss: 'token_issuer_invalid',
  aud: 'token_audience_invalid',
  nbf: 'token_not_yet_valid',
};

/** The maximum number of characters to show of an audience, because a token may contain an audience of any length. */
const LONGEST_SHOWN = 200;

/** The maximum number of audiences to show in an error message, because the configuration may list many. */
const MOST_SHOWN = 5;

/**
 * Explains to a caller which audiences its token has and which audiences the bridge accepts. Audiences are not secret.
 * @param own the `aud` claim of a token whose signature has been verified
 */
export function audienceMismatch(own: unknown, expected: readonly string[]): string {
  const audiences = Array.isArray(own) ? (own as readonly unknown[]) : [own];
  const named = audiences.filter((audience) => audience !== undefined);
  return `This token ${named.length === 0 ? 'has no audience' : `is for ${shownList(named)}`}; this bridge accepts ${shownList(expected)}.`;
}

function shownList(audiences: readonly unknown[]): string {
  const more = audiences.length - MOST_SHOWN;
  const shown = audiences.slice(0, MOST_SHOWN).map(shownAudience);
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(' or ');
}

/** Quotes an audience, truncated and escaped so that it fits in a header and contains no quotation marks. */
function shownAudience(audience: unknown): string {
  const text = typeof audience === 'string' ? audience : JSON.stringify(audience);
  const dots = text.length > LONGEST_SHOWN ? '…' : '';
  const escaped = text
    .slice(0, LONGEST_SHOWN)
    .replace(/[^ !#-[\]-~]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
  return `"${escaped}${dots}"`;
}

/**
 * Returns the claims that an operator may need to compare. These claims are not secret, because they are useless without the
 * token's signature.
 */
export function claimsForLog(claims: JWTPayload): Record<string, string | undefined> {
  const text = (value: unknown): string | undefined =>
    value === undefined ? undefined : JSON.stringify(value).slice(0, 256);
  return {
    iss: text(claims.iss),
    aud: text(claims.aud),
    sub: text(claims.sub),
    email: text(claims['email']),
    exp: text(claims.exp),
  };
}

function unverifiedClaims(token: string): Record<string, string | undefined> {
  try {
    return claimsForLog(decodeJwt(token));
  } catch {
    return {};
  }
}
