// Emulates Google's OAuth 2.0 token endpoint: exchanges a gcloud login's refresh token for access tokens.
import { randomBytes } from 'node:crypto';
import type { SandboxResponse } from '../response.ts';
import type { Clock } from '../clock.ts';
import { ADC } from './developer.ts';
import { jsonResponse, oauthErrorResponse } from './google-error.ts';

export const TOKEN_PATH = '/token';

export interface AccessTokens {
  /** Serves POST /token: a refresh request (RFC 6749, section 6). */
  respond(form: URLSearchParams): SandboxResponse;
  /** Whether this endpoint issued the token and the token is still valid. */
  isGood(token: string): boolean;
}

const LIFE_SECONDS = 3599;
/**
 * The maximum number of stored tokens. The number is large enough for any test, because a client requests only one access token
 * per hour.
 */
const KEPT_TOKENS = 1_000;
const SCOPES = [
  'https://www.googleapis.com/auth/cloud-platform',
  'https://www.googleapis.com/auth/userinfo.email',
  'openid',
];

export function createAccessTokens(clock: Clock): AccessTokens {
  /** The expiration of each token, in milliseconds since 1970. */
  const ends = new Map<string, number>();

  function issue(): string {
    const token = `ya29.${randomBytes(120).toString('base64url')}`;
    ends.set(token, clock.now('certs') + LIFE_SECONDS * 1000);
    const [oldest] = ends.keys();
    if (ends.size > KEPT_TOKENS && oldest !== undefined) ends.delete(oldest);
    return token;
  }

  return {
    respond(form) {
      const given = (name: string) => form.get(name) ?? '';
      if (given('grant_type') !== 'refresh_token')
        return oauthErrorResponse(
          400,
          'unsupported_grant_type',
          `Invalid grant_type: ${given('grant_type')}`,
        );
      if (given('client_id') !== ADC.client_id)
        return oauthErrorResponse(401, 'invalid_client', 'The OAuth client was not found.');
      if (given('client_secret') !== ADC.client_secret)
        return oauthErrorResponse(401, 'invalid_client', 'The provided client secret is invalid.');
      if (given('refresh_token') !== ADC.refresh_token)
        return oauthErrorResponse(400, 'invalid_grant', 'Token has been expired or revoked.');
      return jsonResponse(
        200,
        { access_token: issue(), expires_in: LIFE_SECONDS, scope: SCOPES.join(' '), token_type: 'Bearer' },
        { 'cache-control': 'no-cache, no-store, max-age=0, must-revalidate', pragma: 'no-cache' },
      );
    },
    isGood: (token) => (ends.get(token) ?? 0) > clock.now('certs'),
  };
}
