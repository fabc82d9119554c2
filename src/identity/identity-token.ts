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

/** @returns undefined where it is not a JSON Web Token with an `exp`: each supplier has its own fault for that */
export function readIdentityToken(text: string): IdentityToken | undefined {
  const jwt = text.trim();
  const [, part] = /^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(jwt) ?? [];
  const payload = part === undefined ? undefined : parseClaims(part);
  const expires = payload?.['exp'];
  if (payload === undefined || typeof expires !== 'number') return undefined;
  const claim = (name: string): Record<string, string> => {
    const value = payload[name];
    return typeof value === 'string' ? { [name]: value } : {};
  };
  return {
    jwt,
    expiresAt: expires * 1000,
    claims: { ...claim('azp'), ...claim('aud'), ...claim('sub'), ...claim('email') },
  };
}

function parseClaims(part: string): Record<string, unknown> | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof claims === 'object' && claims !== null ? { ...claims } : undefined;
  } catch {
    return undefined;
  }
}
