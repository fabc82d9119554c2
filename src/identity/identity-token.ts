// Reads the bridge's own Google ID token without verifying it, because it comes from a trusted source and STS verifies it.

export interface IdentityToken {
  readonly jwt: string;
  /** The token's `exp`, in milliseconds since the epoch. A source may return a cached token that expires soon. */
  readonly expiresAt: number;
  /**
   * The claims that AWS compares with condition keys of a trust policy: `azp` with `accounts.google.com:aud`, `aud` with `:oaud`,
   * and `sub` with `:sub`.
   */
  readonly claims: {
    readonly azp?: string;
    readonly aud?: string;
    readonly sub?: string;
    readonly email?: string;
  };
}

/** @returns undefined if the text is not a JSON Web Token with an `exp`; each source then throws its own fault */
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

/** The decoded header or claims of a JSON Web Token. */
type JwtPart = Readonly<Record<string, unknown>>;

/**
 * Decodes the header and the claims without verifying them. Returns undefined for a header or payload that is not a JSON
 * object.
 */
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
