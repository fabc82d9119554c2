// Verifies Google ID tokens: signature against Google's published keys, issuer, audience, lifetime.
import { decodeJwt, errors, jwtVerify } from 'jose';
import type { JWTPayload, JWTVerifyResult } from 'jose';
import { GOOGLE_ISSUERS } from '../config/google-names.ts';
import { Fault } from '../errors/fault.ts';
import type { FaultCode } from '../errors/table.ts';
import { googleKeys, keysFault } from './google-keys.ts';

/** The identity in a verified Google ID token, and nothing else. */
export interface Caller {
  /** `sub`: the account's numeric unique ID, which is never reused. */
  readonly subject: string;
  /**
   * The e-mail address in lower case, if Google has verified it. On Cloud Run, tokens in the standard format contain no e-mail
   * address.
   */
  readonly email?: string;
}

export interface VerifiedToken {
  readonly caller: Caller;
  /** The token's `exp`, in milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** The tolerated difference between the clocks of Google, the caller and the bridge. */
const CLOCK_TOLERANCE_SECONDS = 60;

/**
 * @param options.certsUrl URL of Google's JSON Web Key Set
 * @param options.audiences accepted audiences; a token must have one of them
 * @param options.onKeysFailed called when Google's keys could not be refreshed; the known keys stay in use
 * @returns a function that throws Fault token_malformed, token_algorithm_invalid, token_key_unknown, token_signature_invalid,
 * token_issuer_invalid, token_audience_invalid, token_expired, token_not_yet_valid, token_claims_invalid,
 * signing_keys_unavailable, and anything that `beforeWait` throws. The function calls `beforeWait` before it waits for an
 * unknown key
 */
export function tokenVerifier(options: {
  readonly certsUrl: string;
  readonly audiences: readonly string[];
  readonly onKeysFailed: (fault: Fault) => void;
}): (token: string, beforeWait: () => void) => Promise<VerifiedToken> {
  const keysFor = googleKeys(options.certsUrl, options.onKeysFailed);
  const rules = {
    algorithms: ['RS256'],
    issuer: [...GOOGLE_ISSUERS],
    audience: [...options.audiences],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    requiredClaims: ['sub', 'iat', 'exp'],
  };
  return async (token, beforeWait) => {
    let verified: JWTVerifyResult;
    try {
      verified = await jwtVerify(token, keysFor(beforeWait), rules);
    } catch (error) {
      throw asTokenFault(error, token, options.audiences);
    }
    const { sub, exp, iat } = verified.payload;
    // jose checks `iat` only if a maximum age is set. An `iat` in the future means that a clock is wrong.
    if (typeof iat !== 'number' || iat > Date.now() / 1000 + CLOCK_TOLERANCE_SECONDS) {
      throw new Fault('token_not_yet_valid', claimsForLog(verified.payload));
    }
    // jose checks `sub` only if a particular value is expected.
    if (typeof sub !== 'string' || sub === '' || exp === undefined) {
      throw new Fault('token_claims_invalid', claimsForLog(verified.payload));
    }
    return { caller: callerOf(sub, verified.payload), expiresAt: exp * 1000 };
  };
}

function callerOf(subject: string, claims: JWTPayload): Caller {
  const { email, email_verified: verified } = claims;
  return typeof email === 'string' && verified === true ? { subject, email: lowerCase(email) } : { subject };
}

/**
 * Converts ASCII letters only: `toLowerCase` turns the Kelvin sign into an ASCII k, which could turn one person's address into
 * someone else's.
 */
const lowerCase = (email: string): string => email.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** Keeps only codes and named claims, because messages from jose and Node can contain the token. */
function asTokenFault(error: unknown, token: string, audiences: readonly string[]): Fault {
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
  return keysFault(error);
}

const CLAIM_FAULTS: Readonly<Record<string, FaultCode>> = {
  iss: 'token_issuer_invalid',
  aud: 'token_audience_invalid',
  nbf: 'token_not_yet_valid',
};

/** An audience has at most 255 characters in the configuration, but may have any length in a token. */
const LONGEST_SHOWN = 200;

/** The maximum number of audiences in an error message, because the configuration may list many. */
const MOST_SHOWN = 5;

/**
 * Explains to a caller which audiences its token has and which audiences the bridge accepts. Audiences are not secret.
 * @param own the `aud` claim of a token whose signature has been verified
 */
function audienceMismatch(own: unknown, expected: readonly string[]): string {
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
function claimsForLog(claims: JWTPayload): Record<string, string | undefined> {
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
