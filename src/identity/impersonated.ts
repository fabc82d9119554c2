// Impersonates a service account with a person's own Google login, for the identity token off Google Cloud.
import http from 'node:http';
import https from 'node:https';
import type { AuthClient } from 'google-auth-library';
import { describeUnknown, Fault } from '../errors/fault.ts';
import { isLocalError } from '../errors/local-error.ts';
import type { FaultCode } from '../errors/table.ts';
import type { FaultDetail } from '../errors/fault.ts';
import { withDeadline } from '../runtime/deadline.ts';
import { readIdentityToken } from './identity-token.ts';
import type { IdentityToken } from './identity-token.ts';
import { skipResidencyCheck } from './metadata.ts';

/** An access token and an ID token, half a second each; 5xx and lost connections are tried again for about two seconds. */
const DEADLINE_MS = 6_000;
/** The library has no limit of its own. */
const ATTEMPT_MS = 3_000;

const SCOPES = 'https://www.googleapis.com/auth/cloud-platform';

/**
 * @param options.googleApis origin that stands for oauth2.googleapis.com and iamcredentials.googleapis.com
 * @returns one fetch of an identity token. @throws Fault google_…, impersonation_…
 */
export function impersonation(options: {
  readonly email: string;
  readonly googleApis: string | undefined;
}): (audience: string) => Promise<IdentityToken> {
  const { email } = options;
  let login: Promise<AuthClient> | undefined;
  const fetchToken = async (audience: string): Promise<IdentityToken> => {
    const source = await (login ??= logIn(options)).catch((error: unknown) => {
      throw new Fault('google_login_missing', { account: email, error: describe(error).code });
    });
    // By itself, as the same status means something else of a login than of an impersonation.
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
      // A new login replaces the file, which the library has read once.
      login = undefined;
      throw error;
    }
  };
}

/** Stated, as Node has a variable that turns the default around. */
function verifyingAgent(): (url: URL) => http.Agent {
  const verifying = new https.Agent({ rejectUnauthorized: true });
  return ({ protocol }) => (protocol === 'https:' ? verifying : http.globalAgent);
}

async function logIn({ googleApis }: Parameters<typeof impersonation>[0]): Promise<AuthClient> {
  // Loaded here, as a bridge on Google Cloud never needs it.
  const { GoogleAuth } = await import('google-auth-library');
  // Without a login the library would look for a metadata server, for seconds, and warn about the attempt on standard error.
  // METADATA_SERVER_DETECTION, which runtime/node-variables.ts sets, prevents this too, but counts only off Google Cloud.
  skipResidencyCheck();
  const auth = new GoogleAuth({
    scopes: SCOPES,
    // Told, as the library would otherwise run `gcloud` and ask a metadata server for one, and nothing here uses it.
    projectId: 'unused',
    clientOptions: {
      transporterOptions: { timeout: ATTEMPT_MS, agent: verifyingAgent() },
      ...(googleApis === undefined ? {} : { endpoints: { oauth2TokenUrl: `${googleApis}/token` } }),
    },
  });
  return auth.getClient();
}

/**
 * IAM Credentials API, projects.serviceAccounts.generateIdToken. The library's own class for this asks for the e-mail unless told,
 * which puts it into `azp` too, where AWS wants the unique ID; and it warns on standard error.
 */
async function generateIdToken(
  source: AuthClient,
  options: { readonly email: string; readonly googleApis: string | undefined; readonly audience: string },
): Promise<unknown> {
  const { email, audience, googleApis = `https://iamcredentials.${source.universeDomain}` } = options;
  const { data } = await source.request<{ readonly token?: unknown }>({
    url: `${googleApis}/v1/projects/-/serviceAccounts/${encodeURIComponent(email)}:generateIdToken`,
    method: 'POST',
    data: { audience, includeEmail: false },
    retry: true,
    retryConfig: { httpMethodsToRetry: ['POST'] },
  });
  return data.token;
}

type CodeOf = (status: number) => FaultCode;

/** RFC 6749, 5.2: `invalid_grant` and its like are 400 and 401. */
const codeOfLogin: CodeOf = (status) =>
  status === 400 || status === 401 ? 'google_login_expired' : 'google_refused';

const codeOfImpersonation: CodeOf = (status) => {
  if (status === 401) return 'google_login_expired';
  if (status === 403) return 'impersonation_denied';
  return status === 404 ? 'impersonation_no_account' : 'google_refused';
};

const TIMEOUTS = new Set(['ETIMEDOUT', 'TimeoutError', 'AbortError']);
/** What the library cannot make sense of makes it stumble. */
const PARSE_ERRORS = new Set(['TypeError', 'SyntaxError']);

/** By status and code: the library's messages hold what was sent and what came back, tokens among them. */
function faultOf(error: unknown, asked: FaultDetail, codeOf: CodeOf): Fault {
  const { status, code, reason } = describe(error);
  const detail = { ...asked, status, reason, error: code };
  if (status !== undefined) return new Fault(codeOf(status), detail);
  if (code === undefined || PARSE_ERRORS.has(code)) return new Fault('google_invalid_response', detail);
  if (isLocalError(error)) return new Fault('internal', { ...asked, error: describeUnknown(error) });
  return new Fault(TIMEOUTS.has(code) ? 'google_timeout' : 'google_unreachable', detail);
}

function describe(error: unknown): { status?: number; code?: string; reason?: string } {
  const status = field(error, 'status');
  // node-fetch ends an attempt that takes too long with an error that has a name and no code.
  const code = field(error, 'code') ?? field(field(error, 'cause'), 'name');
  const reason = reasonOf(field(field(field(error, 'response'), 'data'), 'error'));
  return {
    ...(typeof status === 'number' ? { status } : {}),
    ...(typeof code === 'string' ? { code } : {}),
    ...(reason === undefined ? {} : { reason }),
  };
}

/** A word of OAuth's (`invalid_grant`), or that of a google.rpc.ErrorInfo (`IAM_PERMISSION_DENIED`); nothing longer. */
function reasonOf(error: unknown): string | undefined {
  const details = field(error, 'details');
  const named = Array.isArray(details) ? details.map((detail) => field(detail, 'reason')) : [error];
  return named.filter((word) => typeof word === 'string').find((word) => /^\w{1,63}$/.test(word));
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
