// Serves the public keys for verifying Google's ID tokens, at the same path as Google.
import type { SandboxResponse } from '../response.ts';
import { jsonResponse } from './google-error.ts';
import type { SigningKeys } from './keys.ts';

export const CERTS_PATH = '/oauth2/v3/certs';

/** The `max-age` that Google sends with its key set: several hours. */
const MAX_AGE_SECONDS = 19_800;

export function certsResponse(keys: SigningKeys): SandboxResponse {
  return jsonResponse(200, keys.jwks(), {
    'cache-control': `public, max-age=${MAX_AGE_SECONDS}, must-revalidate, no-transform`,
  });
}
