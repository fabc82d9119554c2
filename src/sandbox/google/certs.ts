// Google's published key set, at the path of the real one.
import type { Answer } from '../response.ts';
import { jsonAnswer } from './google-error.ts';
import type { SigningKeys } from './keys.ts';

export const CERTS_PATH = '/oauth2/v3/certs';

/** Google lets clients keep the set for hours. */
const MAX_AGE_SECONDS = 19_800;

export function certsAnswer(keys: SigningKeys): Answer {
  return jsonAnswer(200, keys.jwks(), {
    'cache-control': `public, max-age=${MAX_AGE_SECONDS}, must-revalidate, no-transform`,
  });
}
