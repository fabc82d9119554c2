// Verifies a Google ID token as AWS does, and returns its claims as condition keys for the role's trust policy.
import { verify } from 'node:crypto';
import type { SigningKeys } from '../google/keys.ts';
import { StsError } from './sts-error.ts';

export interface WebIdentity {
  readonly subject: string;
  /** The value that AWS compares as `accounts.google.com:aud`: `azp` if it is set, otherwise `aud`. */
  readonly audience: string;
  readonly issuer: string;
  /** The condition keys for the token's claims. */
  readonly context: ReadonlyMap<string, readonly string[]>;
}

const ALGORITHMS: Readonly<Record<string, string>> = { RS256: 'sha256', RS384: 'sha384', RS512: 'sha512' };
export const GOOGLE = 'accounts.google.com';

const invalid = (message?: string) => new StsError('InvalidIdentityToken', message);

function decoded(part: string | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString());
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Invalid JSON causes the same error as JSON that is not an object.
  }
  throw invalid();
}

const strings = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((one) => typeof one === 'string');

/** Returns the condition key for an optional claim, or nothing if the claim has no value. */
const present = (name: string, values: string[]): [string, string[]][] =>
  values.length === 0 ? [] : [[`${GOOGLE}:${name}`, values]];

/**
 * Returns the organization's number, or nothing: `organization_number` is null if the account belongs to no organization (IAM
 * Credentials, generateIdToken).
 */
function organizationIn(google: unknown): string[] {
  if (typeof google !== 'object' || google === null || !('organization_number' in google)) return [];
  const { organization_number: number } = google;
  return typeof number === 'number' ? [String(number)] : [];
}

/** Throws InvalidIdentityToken or ExpiredTokenException. Tolerates no clock skew when checking the expiration. */
export function readWebIdentity(token: string, keys: SigningKeys, nowMs: number): WebIdentity {
  const [head, body, signature, ...more] = token.split('.');
  const header = decoded(head);
  const claims = decoded(body);
  if (!signature || more.length > 0) throw invalid();
  const { iss, sub, azp, aud, exp, email, amr, google } = claims;
  if (typeof iss !== 'string' || iss.replace(/^https:\/\//, '') !== GOOGLE) {
    throw invalid(`No OpenIDConnect provider found in your account for ${String(iss)}`);
  }
  const digest = ALGORITHMS[String(header['alg'])];
  const key = digest && keys.publicKey(String(header['kid']));
  if (!key) {
    throw invalid(
      "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
    );
  }
  if (!verify(digest, Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url'))) {
    throw invalid('Provided Token signature is not valid');
  }
  const audiences = strings(aud);
  const audience = typeof azp === 'string' && azp !== '' ? azp : audiences[0];
  if (typeof sub !== 'string' || sub === '') throw invalid('Missing a required claim: sub');
  if (audience === undefined || audiences.length === 0) throw invalid('Missing a required claim: aud');
  if (typeof exp !== 'number') throw invalid('Missing a required claim: exp');
  const now = Math.floor(nowMs / 1000);
  if (exp <= now) {
    throw new StsError(
      'ExpiredTokenException',
      `Token expired: current date/time ${now} must be before the expiration date/time${exp}`,
    );
  }
  return {
    subject: sub,
    audience,
    issuer: iss,
    context: new Map([
      [`${GOOGLE}:aud`, [audience]],
      [`${GOOGLE}:oaud`, audiences],
      [`${GOOGLE}:sub`, [sub]],
      ...present('email', strings(email)),
      ...present('amr', strings(amr)),
      ...present('google/organization_number', organizationIn(google)),
    ]),
  };
}
