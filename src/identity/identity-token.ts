// A Google ID token that we present, read without verifying it: it comes from our own supplier, and STS verifies it.

export interface IdentityToken {
  readonly jwt: string;
  /** Milliseconds since the epoch, from its own `exp`: suppliers hand out cached tokens of any remaining life. */
  readonly expiresAt: number;
  /** What AWS compares with a trust policy: `azp` as `:aud`, `aud` as `:oaud`, `sub` as `:sub` (IAM condition keys). */
  readonly claims: {
    readonly azp?: string;
    readonly aud?: string;
    readonly sub?: string;
    readonly email?: string;
  };
}

/** @returns undefined if it is not a JSON Web Token with an `exp`: each source has its own fault for that */
export function readIdentityToken(text: string): IdentityToken | undefined {
  const jwt = text.trim();
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(jwt)) return undefined;
  const { claims } = decodeJwt(jwt);
  const { exp, azp, aud, sub, email } = claims ?? {};
  if (typeof exp !== 'number') return undefined;
  return {
    jwt,
    expiresAt: exp * 1000,
    claims: {
      ...(typeof azp === 'string' ? { azp } : {}),
      ...(typeof aud === 'string' ? { aud } : {}),
      ...(typeof sub === 'string' ? { sub } : {}),
      ...(typeof email === 'string' ? { email } : {}),
    },
  };
}

/** A part of a JSON Web Token. */
type JwtPart = Readonly<Record<string, unknown>>;

/** Decodes the header and the claims, without verifying anything. A part that is not a JSON object is undefined. */
export function decodeJwt(jwt: string): { readonly header?: JwtPart; readonly claims?: JwtPart } {
  const [header, claims] = jwt.split('.').map(decodePart);
  return { ...(header === undefined ? {} : { header }), ...(claims === undefined ? {} : { claims }) };
}

function decodePart(part: string): JwtPart | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
