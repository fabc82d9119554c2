// The person who works off Google Cloud: what `gcloud auth application-default login` left behind, and whom they may impersonate.
import { ACCOUNTS, PROJECT } from './accounts.ts';

/** The content of application_default_credentials.json. The same in every sandbox; it opens nothing elsewhere. */
export const ADC = {
  type: 'authorized_user',
  account: 'developer@acme-prod.example',
  client_id: `${PROJECT.number}-sandbox.apps.googleusercontent.com`,
  client_secret: 'sandbox-client-secret',
  refresh_token: '1//sandbox-refresh-token-of-developer',
  quota_project_id: PROJECT.id,
  universe_domain: 'googleapis.com',
};

/**
 * Service Account OpenID Connect Identity Token Creator on these alone: the bridge, to run it, and a caller, to ask it. Such a
 * grant is part of the account: one made again under the same e-mail has none.
 */
export const MAY_IMPERSONATE: readonly string[] = [ACCOUNTS.bridge.uniqueId, ACCOUNTS.reader.uniqueId];
