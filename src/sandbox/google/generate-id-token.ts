// Emulates the IAM Credentials API's `generateIdToken`, which issues an ID token for a service account to anyone who may
// impersonate it.
import type { SandboxResponse } from '../response.ts';
import type { Clock, Durations } from '../clock.ts';
import type { AccessTokens } from './access-tokens.ts';
import { PROJECT, type Accounts } from './accounts.ts';
import { MAY_IMPERSONATE } from './developer.ts';
import { googleErrorResponse, jsonResponse } from './google-error.ts';
import type { SigningKeys } from './keys.ts';

export interface ImpersonationParts {
  readonly keys: SigningKeys;
  readonly accounts: Accounts;
  readonly access: AccessTokens;
  readonly clock: Clock;
  readonly durations: Durations;
}

export interface ImpersonationRequest {
  /** The decoded project and account from the request's path. */
  readonly project: string;
  readonly account: string;
  readonly authorization: string | undefined;
  /** The fields of the JSON body; undefined if the body is not a JSON object. */
  readonly fields: Readonly<Record<string, unknown>> | undefined;
}

const SIGN_IN = 'See https://developers.google.com/identity/sign-in/web/devconsole-project.';
const EXPECTED = 'Expected OAuth 2 access token, login cookie or other valid authentication credential.';
const PERMISSION = 'iam.serviceAccounts.getOpenIdToken';

/**
 * Checks in the same order as Google: whether the request is authenticated and well-formed, whether the account exists, and
 * whether the caller has permission.
 */
export function generateIdToken(request: ImpersonationRequest, parts: ImpersonationParts): SandboxResponse {
  const { keys, accounts, access } = parts;
  const token = /^Bearer\s+(\S+)$/i.exec(request.authorization ?? '')?.[1];
  if (request.authorization === undefined) {
    const message = `Request is missing required authentication credential. ${EXPECTED} ${SIGN_IN}`;
    return googleErrorResponse({ status: 401, message, reason: 'CREDENTIALS_MISSING' });
  }
  if (token === undefined || !access.isGood(token)) {
    const message = `Request had invalid authentication credentials. ${EXPECTED} ${SIGN_IN}`;
    return googleErrorResponse({ status: 401, message, reason: 'ACCESS_TOKEN_EXPIRED' });
  }
  const { fields = {} } = request;
  const { audience, delegates, includeEmail, organizationNumberIncluded, useEmailAzp } = fields;
  if (request.project !== '-' || typeof audience !== 'string' || audience === '') {
    return googleErrorResponse({ status: 400, message: 'Request contains an invalid argument.' });
  }
  const account = accounts.find(request.account);
  if (!account) {
    const message = request.account.includes('@')
      ? `Not found; Gaia id not found for email ${request.account}`
      : 'Requested entity was not found.';
    return googleErrorResponse({ status: 404, message });
  }
  const delegated = Array.isArray(delegates) && delegates.length > 0;
  if (delegated || !MAY_IMPERSONATE.includes(account.uniqueId)) {
    const message = `Permission '${PERMISSION}' denied on resource (or it may not exist).`;
    const metadata = { permission: PERMISSION };
    return googleErrorResponse({ status: 403, message, reason: 'IAM_PERMISSION_DENIED', metadata });
  }
  const { email, uniqueId } = account;
  const issuedAt = Math.floor(parts.clock.now('certs') / 1000);
  // Unlike the metadata server, the IAM Credentials API does not cache tokens.
  const idToken = keys.mint({
    aud: audience,
    azp: isTrue(useEmailAzp) ? email : uniqueId,
    ...(isTrue(includeEmail) ? { email, email_verified: true } : {}),
    ...(isTrue(organizationNumberIncluded)
      ? { google: { organization_number: PROJECT.organizationNumber } }
      : {}),
    exp: issuedAt + parts.durations.identityTokenSeconds(),
    iat: issuedAt,
    iss: 'https://accounts.google.com',
    sub: uniqueId,
  });
  return jsonResponse(200, { token: idToken });
}

/** Google's JSON parser also accepts quoted booleans, which its Python and Java libraries send. */
const isTrue = (value: unknown) => value === true || value === 'true';
