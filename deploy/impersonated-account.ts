// Requests an ID token for a different service account from IAM Credentials, as this Google Cloud machine's service account.
import { Fault } from '../src/errors/fault.ts';

/** The deadline for each call. The calls normally take less than half a second. */
const DEADLINE_MS = 5_000;

export interface Impersonation {
  /** Email of the account to impersonate. This machine's account needs iam.serviceAccounts.getOpenIdToken on that account. */
  readonly email: string;
  readonly audience: string;
  /** The metadata server's host, with or without a scheme, as in gcp-metadata. */
  readonly metadataHost: string;
  /** The origin of the IAM Credentials API. */
  readonly googleApis: string;
}

/** @throws Fault metadata_…, impersonation_… or google_…; if there is no response, the error that `fetch` throws */
export async function impersonatedToken(options: Impersonation): Promise<string> {
  const { email, audience, metadataHost, googleApis } = options;
  const authority = metadataHost.replace(/^https?:\/\//, '').replace(/\/.*$/s, '');
  const login = await fetch(
    `http://${authority}/computeMetadata/v1/instance/service-accounts/default/token`,
    { headers: { 'metadata-flavor': 'Google' }, signal: AbortSignal.timeout(DEADLINE_MS) },
  );
  if (!login.ok) throw new Fault(login.status === 404 ? 'metadata_no_account' : 'metadata_refused');
  // If this header is missing, the response is not from the metadata server.
  if (login.headers.get('metadata-flavor') !== 'Google') throw new Fault('metadata_invalid_response');
  const response = await fetch(
    `${googleApis}/v1/projects/-/serviceAccounts/${encodeURIComponent(email)}:generateIdToken`,
    {
      method: 'POST',
      headers: {
        authorization: `Bearer ${textIn(await login.json(), 'access_token')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ audience, includeEmail: true }),
      redirect: 'error',
      signal: AbortSignal.timeout(DEADLINE_MS),
    },
  );
  if (response.status === 403) throw new Fault('impersonation_denied');
  if (response.status === 404) throw new Fault('impersonation_no_account');
  if (!response.ok) throw new Fault('google_refused');
  return textIn(await response.json(), 'token');
}

function textIn(document: unknown, name: string): string {
  const value: unknown =
    typeof document === 'object' && document !== null ? Reflect.get(document, name) : undefined;
  if (typeof value !== 'string') throw new Fault('google_invalid_response');
  return value;
}
