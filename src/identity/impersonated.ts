// Obtains an identity token off Google Cloud by impersonating a service account with a person's Google login.
import http from 'node:http';
import https from 'node:https';
import type { AuthClient } from 'google-auth-library';
import { describeUnknown, Fault, isLocalError } from '../errors/fault.ts';
import type { FaultCode } from '../errors/table.ts';
import type { FaultDetail } from '../errors/fault.ts';
import { withDeadline } from '../runtime/elapsed.ts';
import { readIdentityToken } from './identity-token.ts';
import type { IdentityToken } from './identity-token.ts';
import { skipResidencyCheck } from './metadata.ts';

/**
 * The deadline for fetching an access token or an ID token, which normally takes half a second. Within the deadline, 5xx
 * responses and lost connections are retried for about two seconds.
 */
const DEADLINE_MS = 6_000;
/** The timeout of one attempt. It is needed because google-auth-library has no timeout by default. */
const ATTEMPT_MS = 3_000;

const SCOPES = 'https://www.googleapis.com/auth/cloud-platform';

interface Impersonation {
  /** The service account to impersonate. */
  readonly email: string;
  readonly googleApis: string | undefined;
  /**
   * Whether the token contains the account's email. A caller's token must contain it for grants that name an email. The bridge's
   * token must not, because Google would then replace the unique ID in `azp`, which AWS expects, with the email.
   */
  readonly includeEmail: boolean;
}

/**
 * @param options.googleApis origin that replaces oauth2.googleapis.com and iamcredentials.googleapis.com
 * @returns a function that fetches an identity token. @throws Fault google_…, impersonation_…
 */
export function impersonation(options: Impersonation): (audience: string) => Promise<IdentityToken> {
  const { email } = options;
  let login: Promise<AuthClient> | undefined;
  const fetchToken = async (audience: string): Promise<IdentityToken> => {
    const source = await (login ??= logIn(options)).catch((error: unknown) => {
      throw new Fault('google_login_missing', { account: email, error: describe(error).code });
    });
    // The access token is fetched separately, because an HTTP status has different causes during login and during
    // impersonation.
    await source.getAccessToken().catch((error: unknown) => {
      throw faultOf(error, { account: email, requested: 'access token' }, codeOfLogin);
    });
    const text = await generateIdToken(source, { ...options, audience }).catch((error: unknown) => {
      throw faultOf(error, { account: email, requested: 'identity token' }, codeOfImpersonation);
    });
    const token = typeof text === 'string' ? readIdentityToken(text) : undefined;
    if (token === undefined)
      throw new Fault('google_invalid_response', { account: email, requested: 'identity token' });
    return token;
  };
  return async (audience) => {
    try {
      return await withDeadline(fetchToken(audience), {
        ms: DEADLINE_MS,
        onTimeout: () => new Fault('google_timeout', { timeoutMilliseconds: DEADLINE_MS }),
      });
    } catch (error) {
      // Discards the cached login: a new login replaces the credentials file, which the library would not read again.
      login = undefined;
      throw error;
    }
  };
}

/** Verifies certificates even if NODE_TLS_REJECT_UNAUTHORIZED turns the verification off by default. */
function verifyingAgent(): (url: URL) => http.Agent {
  const verifying = new https.Agent({ rejectUnauthorized: true });
  return ({ protocol }) => (protocol === 'https:' ? verifying : http.globalAgent);
}

async function logIn({ googleApis }: Impersonation): Promise<AuthClient> {
  // This library is loaded on demand, because a bridge on Google Cloud never needs it.
  const { GoogleAuth } = await import('google-auth-library');
  // If there is no login, the library would spend seconds looking for a metadata server, and write a warning to standard error.
  // METADATA_SERVER_DETECTION (runtime/node-variables.ts) prevents this only off Google Cloud.
  skipResidencyCheck();
  const auth = new GoogleAuth({
    scopes: SCOPES,
    // The project ID is unused, but without it the library would run `gcloud` and call a metadata server to find a project.
    projectId: 'unused',
    clientOptions: {
      transporterOptions: { timeout: ATTEMPT_MS, agent: verifyingAgent() },
      ...(googleApis === undefined ? {} : { endpoints: { oauth2TokenUrl: `${googleApis}/token` } }),
    },
  });
  return auth.getClient();
}

/**
 * Calls generateIdToken (IAM Credentials API, projects.serviceAccounts.generateIdToken). Replaces the library's own class, which
 * writes warnings to standard error. By default, that class also requests the email claim, and Google then replaces the unique ID
 * in `azp`, which AWS expects, with the email.
 */
async function generateIdToken(
  source: AuthClient,
  options: Impersonation & { readonly audience: string },
): Promise<unknown> {
  const {
    email,
    audience,
    includeEmail,
    googleApis = `https://iamcredentials.${source.universeDomain}`,
  } = options;
  const { data } = await source.request<{ readonly token?: unknown }>({
    url: `${googleApis}/v1/projects/-/serviceAccounts/${encodeURIComponent(email)}:generateIdToken`,
    method: 'POST',
    data: { audience, includeEmail },
    retry: true,
    retryConfig: { httpMethodsToRetry: ['POST'] },
  });
  return data.token;
}

type CodeOf = (status: number) => FaultCode;

/**
 * Returns the fault for the status of a failed login. `invalid_grant` and similar errors have status 400 or 401 (RFC 6749, 5.2).
 */
const codeOfLogin: CodeOf = (status) =>
  status === 400 || status === 401 ? 'google_login_expired' : 'google_refused';

const codeOfImpersonation: CodeOf = (status) => {
  if (status === 401) return 'google_login_expired';
  if (status === 403) return 'impersonation_denied';
  return status === 404 ? 'impersonation_no_account' : 'google_refused';
};

const TIMEOUTS = new Set(['ETIMEDOUT', 'TimeoutError', 'AbortError']);
/** The library throws errors with these names for responses that it cannot parse. */
const PARSE_ERRORS = new Set(['TypeError', 'SyntaxError']);

/** Keeps only the status, code and reason, because the library's messages contain requests and responses, including tokens. */
function faultOf(error: unknown, requestDetail: FaultDetail, codeOf: CodeOf): Fault {
  const { status, code, reason } = describe(error);
  const detail = { ...requestDetail, status, reason, error: code };
  if (status !== undefined) return new Fault(codeOf(status), detail);
  if (code === undefined || PARSE_ERRORS.has(code)) return new Fault('google_invalid_response', detail);
  if (isLocalError(error)) return new Fault('internal', { ...requestDetail, error: describeUnknown(error) });
  return new Fault(TIMEOUTS.has(code) ? 'google_timeout' : 'google_unreachable', detail);
}

function describe(error: unknown): { status?: number; code?: string; reason?: string } {
  const status = field(error, 'status');
  // If an attempt takes too long, node-fetch throws an error that has a name but no code.
  const code = field(error, 'code') ?? field(field(error, 'cause'), 'name');
  const reason = reasonOf(field(field(field(error, 'response'), 'data'), 'error'));
  return {
    ...(typeof status === 'number' ? { status } : {}),
    ...(typeof code === 'string' ? { code } : {}),
    ...(reason === undefined ? {} : { reason }),
  };
}

/**
 * Returns OAuth's error code (`invalid_grant`) or the reason of a google.rpc.ErrorInfo (`IAM_PERMISSION_DENIED`), but never
 * longer text.
 */
function reasonOf(error: unknown): string | undefined {
  const details = field(error, 'details');
  const named = Array.isArray(details) ? details.map((detail) => field(detail, 'reason')) : [error];
  return named.filter((word) => typeof word === 'string').find((word) => /^\w{1,63}$/.test(word));
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
