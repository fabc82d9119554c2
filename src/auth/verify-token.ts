// Verifies Google ID tokens: signature against Google's published keys, issuer, audience, lifetime.
import { decodeJwt, errors, jwtVerify } from 'jose';
import type { JWTPayload, JWTVerifyResult } from 'jose';
import { GOOGLE_ISSUERS } from '../config/google-names.ts';
import { Fault } from '../errors/fault.ts';
import type { FaultCode } from '../errors/table.ts';
import { audienceMismatch } from './audience-mismatch.ts';
import { googleKeys, keysFault } from './google-keys.ts';

/** What a verified Google ID token says about its holder, and nothing else. */
export interface Caller {
  /** `sub`: the account's numeric unique ID, which no other account ever gets. */
  readonly subject: string;
  /** Lower-case; only if Google says that it is verified. Standard-format tokens of Cloud Run have none. */
  readonly email?: string;
}

export interface VerifiedToken {
  readonly caller: Caller;
  /** Milliseconds since the epoch, from the token's own `exp`. */
  readonly expiresAt: number;
}

/** How much the clocks of Google, the caller and the bridge may differ. */
const CLOCK_TOLERANCE_SECONDS = 60;

/**
 * @param options.certsUrl JSON Web Key Set
 * @param options.audiences a token must have one of these
 * @param options.onKeysFailed called when Google's keys could not be refreshed; the known ones keep working
 * @returns a function that throws Fault token_malformed, token_algorithm_invalid, token_key_unknown, token_signature_invalid, token_issuer_invalid,
 *   token_audience_invalid, token_expired, token_not_yet_valid, token_claims_invalid, signing_keys_unavailable, and what `beforeWait` throws, which
 *   is called before it waits for a key that Google may not have
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
    // jose checks `iat` only with a maximum age. A token from the future means that a clock is wrong.
    if (typeof iat !== 'number' || iat > Date.now() / 1000 + CLOCK_TOLERANCE_SECONDS) {
      throw new Fault('token_not_yet_valid', claimsForLog(verified.payload));
    }
    // jose checks `sub` only if a particular one is expected.
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

/** ASCII only: `toLowerCase` turns the Kelvin sign into an ASCII k, and so one person's address into another's. */
const lowerCase = (email: string): string => email.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** Messages of jose and Node can contain the token: only codes and named claims are kept. */
function asTokenFault(error: unknown, token: string, audiences: readonly string[]): Fault {
  if (error instanceof Fault) return error;
  if (error instanceof errors.JWTExpired) return new Fault('token_expired', claimsForLog(error.payload));
  // jose looks at claims only after it has verified the signature.
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

/** For the operator to compare; none of it is secret without the signature. */
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
