// The ID tokens of the metadata server: Google's claims, and the cache that makes a token already old when it is given.
import type { Clock, Durations } from '../clock.ts';
import { INSTANCE, PROJECT, type ServiceAccount } from './accounts.ts';
import type { SigningKeys } from './keys.ts';

/** The server renews about four minutes before the hour is over; shorter lives keep the proportion. */
const RENEWED_BEFORE_END = 4 / 60;
/** Audiences are the client's choice, so the cache needs an end. */
const CACHED_TOKENS = 1_000;

export interface TokenRequest {
  readonly account: ServiceAccount;
  readonly audience: string;
  readonly format: 'standard' | 'full';
  /** The instance's own account, whose full tokens describe the instance. */
  readonly ofInstance: boolean;
  readonly licenses: boolean;
}

export interface IdentityTokens {
  /** The cached token while it is far enough from its end, else a new one. */
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
      // A clock that was set back must not leave tokens of the future.
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

/** `azp` and `sub` are the unique ID: what AWS tests as `accounts.google.com:aud`. Only the full format has an e-mail. */
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
