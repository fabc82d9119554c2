// An ID token of another service account, for which the account of this machine on Google Cloud may ask IAM Credentials.
import { Fault } from '../src/errors/fault.ts';

/** Each of the two calls takes half a second at most. */
const DEADLINE_MS = 5_000;

export interface Impersonation {
  /** E-mail of the account to be; it must give ours iam.serviceAccounts.getOpenIdToken. */
  readonly email: string;
  readonly audience: string;
  /** As gcp-metadata reads it: with or without a scheme. */
  readonly metadataHost: string;
  /** Origin of IAM Credentials. */
  readonly googleApis: string;
}

/** @throws Fault metadata_…, impersonation_…, google_…; fetch's own error where nobody answers */
export async function impersonatedToken(options: Impersonation): Promise<string> {
  const { email, audience, metadataHost, googleApis } = options;
  const authority = metadataHost.replace(/^https?:\/\//, '').replace(/\/.*$/s, '');
  const login = await fetch(
    `http://${authority}/computeMetadata/v1/instance/service-accounts/default/token`,
    { headers: { 'metadata-flavor': 'Google' }, signal: AbortSignal.timeout(DEADLINE_MS) },
  );
  if (!login.ok) throw new Fault(login.status === 404 ? 'metadata_no_account' : 'metadata_refused');
  // Of something else that listens there we want no token.
  if (login.headers.get('metadata-flavor') !== 'Google') throw new Fault('metadata_invalid_response');
  const answer = await fetch(
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
  if (answer.status === 403) throw new Fault('impersonation_denied');
  if (answer.status === 404) throw new Fault('impersonation_no_account');
  if (!answer.ok) throw new Fault('google_refused');
  return textIn(await answer.json(), 'token');
}

function textIn(document: unknown, name: string): string {
  const value: unknown =
    typeof document === 'object' && document !== null ? Reflect.get(document, name) : undefined;
  if (typeof value !== 'string') throw new Fault('google_invalid_response');
  return value;
}
