// Issues the metadata server's ID tokens. As on Google Cloud, a cached token may expire soon after it is returned.
import type { Clock, Durations } from '../clock.ts';
import { INSTANCE, PROJECT, type ServiceAccount } from './accounts.ts';
import type { SigningKeys } from './keys.ts';

/**
 * The fraction of a token's lifetime that is left when the token is renewed. Google's metadata server renews a one-hour token
 * about four minutes before it expires.
 */
const RENEWED_BEFORE_END = 4 / 60;
/**
 * The maximum number of cached tokens. The cache needs a limit, because clients can request tokens for any number of audiences.
 */
const CACHED_TOKENS = 1_000;

export interface TokenRequest {
  readonly account: ServiceAccount;
  readonly audience: string;
  readonly format: 'standard' | 'full';
  /** Whether the account is the instance's own. If it is, full-format tokens also contain claims about the instance. */
  readonly ofInstance: boolean;
  readonly licenses: boolean;
}

export interface IdentityTokens {
  /** Returns a cached token, or a new one if the cached token expires soon. */
  issue(request: TokenRequest): string;
  forget(): void;
}

export function createIdentityTokens(keys: SigningKeys, clock: Clock, durations: Durations): IdentityTokens {
  const cache = new Map<string, { token: string; issuedAt: number; renewAt: number }>();
  return {
    issue(request) {
      const { account, audience, format, ofInstance, licenses } = request;
      const name = JSON.stringify([account.uniqueId, audience, format, ofInstance, licenses]);
      const now = clock.now('metadata') / 1000;
      const cached = cache.get(name);
      // Ignores tokens that were issued in the future, which the cache may contain after the clock has been set back.
      if (cached && cached.issuedAt <= now && now < cached.renewAt) return cached.token;
      const life = durations.identityTokenSeconds();
      const issuedAt = Math.floor(now);
      const token = keys.mint(claimsOf(request, issuedAt, issuedAt + life));
      cache.delete(name);
      cache.set(name, { token, issuedAt, renewAt: issuedAt + life * (1 - RENEWED_BEFORE_END) });
      const [oldest] = cache.keys();
      if (cache.size > CACHED_TOKENS && oldest !== undefined) cache.delete(oldest);
      return token;
    },
    forget() {
      cache.clear();
    },
  };
}

/** Sets `azp` and `sub` to the account's unique ID, as Google does. AWS uses `azp` as the value of `accounts.google.com:aud`. */
function claimsOf(request: TokenRequest, issuedAt: number, expiresAt: number): Record<string, unknown> {
  const { account, audience, format, ofInstance, licenses } = request;
  const full = {
    email: account.email,
    email_verified: true,
    ...(ofInstance ? { google: { compute_engine: instanceClaims(licenses) } } : {}),
  };
  return {
    aud: audience,
    azp: account.uniqueId,
    ...(format === 'full' ? full : {}),
    exp: expiresAt,
    iat: issuedAt,
    iss: 'https://accounts.google.com',
    sub: account.uniqueId,
  };
}

function instanceClaims(licenses: boolean): Record<string, unknown> {
  return {
    instance_creation_timestamp: INSTANCE.created,
    instance_id: INSTANCE.id,
    instance_name: INSTANCE.name,
    project_id: PROJECT.id,
    project_number: PROJECT.number,
    zone: INSTANCE.zone,
    ...(licenses ? { license_id: ['5926592092274602096'] } : {}),
  };
}
