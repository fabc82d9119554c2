// Verifies callers' tokens: their signature, with their issuer's published keys, and their issuer, audience and lifetime.
// Google is always a trusted issuer, and the configuration may add others.
import { decodeJwt, jwtVerify } from 'jose';
import type { FlattenedJWSInput, JWTHeaderParameters, JWTPayload, JWTVerifyResult } from 'jose';
import { Fault } from '../errors/fault.ts';
import { keysFault } from './fetch-keys.ts';
import type { Caller } from './caller.ts';
import { chooseIssuer } from './choose-issuer.ts';
import { audienceMismatch, claimsForLog, tokenFault } from './token-fault.ts';
import type { TrustedIssuer, TrustedIssuers } from './trusted-issuer.ts';

export interface VerifiedToken {
  readonly caller: Caller;
  /** The time at which the token must be verified again, in milliseconds since the epoch; never later than the token's `exp`. */
  readonly expiresAt: number;
}

/** Reads the claims of a token that has already been verified. */
export function describeToken(verified: string): {
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
  /** The token's `exp`, in milliseconds since the epoch. */
  readonly expiresAt: number;
} {
  const { iss, aud, exp = 0 } = decodeJwt(verified);
  return { issuer: iss, audience: Array.isArray(aud) ? aud[0] : aud, expiresAt: exp * 1000 };
}

/** @param beforeWait called before the function waits for an unknown key; if it throws, the function does not wait */
export type VerifyToken = (token: string, beforeWait: BeforeWait) => Promise<VerifiedToken>;

/** @param issuer the name of the issuer whose keys are awaited; undefined for Google. @throws Fault if too many requests wait */
export type BeforeWait = (issuer: string | undefined) => void;

/** The tolerated difference between the clocks of the issuer, the caller and the bridge. */
const CLOCK_TOLERANCE_SECONDS = 60;

/**
 * The maximum time for which a verified token is cached. Google's tokens are valid for an hour. Other issuers' tokens may be
 * valid for much longer, but are verified again after an hour, so that the bridge notices if the issuer has withdrawn the key.
 */
const MAX_CACHED_MS = 60 * 60 * 1000;

/**
 * @returns a function that throws Fault token_malformed, token_algorithm_invalid, token_key_unknown, token_signature_invalid,
 * token_issuer_invalid, token_audience_invalid, token_expired, token_not_yet_valid, token_claims_invalid,
 * signing_keys_unavailable, issuer_keys_unavailable, and every error that `beforeWait` throws
 */
export function tokenVerifier({ google, others }: TrustedIssuers): VerifyToken {
  const all = [google, ...others];
  const select = chooseIssuer(google, others);
  // These rules accept the values of every trusted issuer, so that jose decodes and verifies the token only once. `checkIssuer`
  // then requires the values of the issuer whose key verified the signature.
  const rules = {
    algorithms: [...new Set(all.flatMap(({ algorithms }) => algorithms))],
    issuer: all.flatMap(({ urls }) => urls),
    audience: all.flatMap(({ audiences }) => audiences),
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    requiredClaims: ['sub', 'iat', 'exp'],
  };
  return async (token, beforeWait) => {
    // Rejects white space, which jose would ignore: one token could have any number of variants, each with its own entry in the
    // token cache.
    if (!/^[\w.-]+$/.test(token)) throw new Fault('token_malformed');
    let issuer = google;
    let verified: JWTVerifyResult;
    try {
      verified = await jwtVerify(
        token,
        (header: JWTHeaderParameters, parts: FlattenedJWSInput) => {
          issuer = select(header, parts);
          if (!issuer.algorithms.includes(String(header.alg))) throw new Fault('token_algorithm_invalid');
          return issuer.keys.getter(() => {
            beforeWait(issuer.name);
          })(header, parts);
        },
        rules,
      );
    } catch (error) {
      throw tokenFault(error, token, issuer.audiences) ?? keysFault(error, issuer.name);
    }
    checkIssuer(issuer, verified.payload);
    const { sub, exp, iat } = verified.payload;
    // `iat` is checked here, because jose checks it only if a maximum age is set. An `iat` in the future means that a clock is
    // wrong.
    if (typeof iat !== 'number' || iat > Date.now() / 1000 + CLOCK_TOLERANCE_SECONDS) {
      throw new Fault('token_not_yet_valid', claimsForLog(verified.payload));
    }
    // `sub` is checked here, because jose checks it only if a particular value is expected.
    const caller = typeof sub === 'string' ? issuer.callerOf(sub, verified.payload) : undefined;
    if (caller === undefined || exp === undefined) {
      throw new Fault('token_claims_invalid', claimsForLog(verified.payload));
    }
    const mayBeCachedUntil = issuer === google ? Infinity : Date.now() + MAX_CACHED_MS;
    return { caller, expiresAt: Math.min(exp * 1000, mayBeCachedUntil) };
  };
}

/**
 * @throws Fault token_issuer_invalid, token_audience_invalid if the token's issuer or audience belongs to a trusted issuer
 * other than this one
 */
function checkIssuer({ urls, audiences }: TrustedIssuer, claims: JWTPayload): void {
  if (!urls.includes(String(claims.iss))) throw new Fault('token_issuer_invalid', claimsForLog(claims));
  const own = [claims.aud].flat();
  if (!own.some((audience) => audience !== undefined && audiences.includes(audience)))
    throw new Fault('token_audience_invalid', claimsForLog(claims), audienceMismatch(claims.aud, audiences));
}
