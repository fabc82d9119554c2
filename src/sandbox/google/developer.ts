// Represents a developer outside Google Cloud: a gcloud login's credentials file, and the service accounts that the developer
// may impersonate.
import { ACCOUNTS, PROJECT } from './accounts.ts';

/** The content of application_default_credentials.json, as written by `gcloud auth application-default login`. */
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
 * The unique IDs of the accounts that the developer may impersonate. The permission is for a unique ID, so the developer cannot
 * impersonate an account that was recreated with the same email.
 */
export const MAY_IMPERSONATE: readonly string[] = [ACCOUNTS.bridge.uniqueId, ACCOUNTS.reader.uniqueId];
