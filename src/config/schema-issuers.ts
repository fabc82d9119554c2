// The schema of an issuer of callers' tokens other than Google, and of audiences.
import * as z from 'zod';
import { ISSUER_URL, KEY_SET_URL } from './allowed-origins.ts';
import { ISSUER_NAME, RESERVED_ISSUER_NAMES } from './caller-pattern.ts';
import { either, fields, text, textForm, word } from './schema-parts.ts';

/**
 * The maximum number of issuers. The number is small, because the limit on requests that wait for a refetch of keys is divided
 * equally among the issuers (auth/authenticate.ts).
 */
export const MAX_ISSUERS = 10;

export const audience = text({
  must: 'must be a string of 1 to 255 characters without spaces at either end',
  test: (value) => /^[^\p{C}]{1,255}$/u.test(value) && value.trim() === value,
  pattern: '^\\S(?:.*\\S)?$',
});

const name = textForm(
  `must be 1 to 31 lowercase letters, digits and hyphens, begin with a letter, not end with a hyphen, and not be one of ${RESERVED_ISSUER_NAMES.join(', ')}`,
  (value) => (ISSUER_NAME.test(value) && !RESERVED_ISSUER_NAMES.includes(value) ? value : undefined),
  (value) =>
    RESERVED_ISSUER_NAMES.includes(value) ? 'Choose another name, such as the name of the cluster.' : '',
  { pattern: ISSUER_NAME.source },
);

export const issuer = fields({
  name: name.meta({
    description:
      "A name of your choice, which grants use to name the issuer's callers. Logs and session names contain this name.",
    example: 'gke-prod',
  }),
  kind: word('kubernetes', 'generic').meta({
    description:
      'With `kubernetes`, the subjects are service accounts, and grants name callers as `ISSUER:NAMESPACE/SERVICEACCOUNT`. With `generic`, for any other issuer, grants name callers by the exact subject: `ISSUER:SUBJECT`.',
    example: 'kubernetes',
  }),
  url: text(ISSUER_URL).meta({
    description:
      "The exact `iss` claim of the issuer's tokens. Unless `jwks` is set, the bridge finds the keys through the discovery document below this URL, and accepts only keys on the same origin.",
    example: 'https://container.googleapis.com/v1/projects/acme-prod/locations/europe-west1/clusters/prod',
  }),
  audience: either(audience, z.array(audience).min(1), Array.isArray).exactOptional().meta({
    description:
      "The audience of this issuer's tokens, or a list of accepted audiences. Must not be an audience for which other programs get tokens. Default: `audience` of the bridge.",
    example: 'https://lake-bridge.example',
  }),
  jwks: text(KEY_SET_URL).exactOptional().meta({
    description:
      'The URL of the JSON Web Key Set that verifies the tokens. Redirects are not followed. Default: the key set that the discovery document names.',
    example: 'https://keys.example/jwks.json',
  }),
});
