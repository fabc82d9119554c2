// The schema of the bridge's own identity.
import type * as z from 'zod';
import { AWS_PROFILE } from './aws-names.ts';
import { readCallerPattern } from './caller-pattern.ts';
import { either, fields, text, textForm } from './schema-parts.ts';

const elsewhere = fields({
  impersonate: textForm(
    'must be the email of a service account',
    (value) => {
      const pattern = readCallerPattern(value);
      return pattern?.kind === 'email' ? pattern.email : undefined;
    },
    undefined,
    { pattern: '@' },
  )
    .exactOptional()
    .meta({
      description:
        'The email of a service account that the bridge impersonates with the Google login on this machine (`gcloud auth application-default login`). The login must be allowed to create ID tokens for the service account.',
      example: 'fedbridge@acme-prod.iam.gserviceaccount.com',
    }),
  file: text({ must: 'must be a path', test: (value) => /^[^\0]+$/.test(value) })
    .exactOptional()
    .meta({
      description:
        'The path to a file that contains an ID token. Another program must keep the file up to date.',
      example: '/var/run/fedbridge/token',
    }),
  profile: text(AWS_PROFILE).exactOptional().meta({
    description:
      'An AWS profile that assumes the roles, without any Google identity. If the profile requires MFA, the bridge prompts for the code once, at startup. Not accepted on Cloud Run.',
    example: 'laptop',
  }),
}).meta({ minProperties: 1, maxProperties: 1 });

const identityWord = textForm(
  'must be metadata, or a map with one of impersonate, file and profile',
  (value): z.output<typeof elsewhere> | undefined => (value === 'metadata' ? {} : undefined),
  undefined,
  { enum: ['metadata'] },
);

export const identity = either(
  identityWord,
  elsewhere,
  (value) => typeof value === 'object' && value !== null,
)
  .exactOptional()
  .meta({
    description:
      'Where the bridge gets its identity: `metadata` for the service account that is attached to the service or machine, otherwise a map with exactly one of the fields below. Default: the profile in `AWS_PROFILE` if that variable is set, otherwise `metadata`.',
    example: 'metadata',
  });
