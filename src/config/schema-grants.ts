// The schema of a grant, and of the callers in it.
import * as z from 'zod';
import { CALLER_MUST, callerFix, readCallerPattern } from './caller-pattern.ts';
import { quote } from './show.ts';
import { fields, text, textForm, word } from './schema-parts.ts';

const ACTIONS = ['get', 'list', 'versions', 'tags', 'attributes', 'vend'] as const;

/** The maximum length of a key in UTF-8 (S3 user guide, "Naming Amazon S3 objects"). */
const LONGEST_KEY_BYTES = 1024;

/**
 * Whether S3 can store an object with this key, and the bridge can sign a request for it: the key must be valid Unicode of at
 * most 1,024 bytes, and must not contain NUL.
 */
const isKey = (key: string) =>
  key !== '' && !key.includes('\0') && key.isWellFormed() && Buffer.byteLength(key) <= LONGEST_KEY_BYTES;

/** A pattern for editors, which accepts more than {@link readCallerPattern}. */
const CALLER_PATTERN = '^(?:[a-z][a-z0-9-]*:.+|\\d{10,30}|[^@\\s]+@[^@\\s#]+(?:#\\d{10,30})?)$';

export const caller = textForm(CALLER_MUST, readCallerPattern, callerFix, { pattern: CALLER_PATTERN });

function prefixFix(value: string): string {
  if (value === '') return 'To grant the whole bucket, remove `prefix`.';
  if (value.endsWith('/')) return '';
  return `Add the trailing slash: without it, the grant would also include ${quote(`${value}-drafts`)}. For a single object, use \`key\`.`;
}

export const grant = fields({
  callers: z
    .array(caller)
    .min(1)
    .meta({
      description:
        'The callers that the grant applies to. Each entry is a verified email, a unique ID in quotes, `EMAIL#ID` for both, `project:PROJECT_ID` for every service account in a project except its default Compute Engine account, `ISSUER:SUBJECT` for a caller of an issuer listed under `issuers`, or `user:EMAIL` for a person who uses the console.',
      example: ['reader@acme-prod.iam.gserviceaccount.com'],
    }),
  allow: z
    .array(word(...ACTIONS))
    .min(1)
    .meta({
      description:
        'What the callers may do: `get` objects, `list` keys, or read `tags`, `attributes` or older `versions`. `attributes` also requires `get`. `vend` also lets the callers obtain AWS credentials for the other actions in this list, so that they can call S3 directly.',
      example: ['get', 'list'],
    }),
  bucket: text({
    must: 'must be the name of a bucket under `buckets`',
    test: (value) => value !== '',
  }).meta({ description: 'The bucket under `buckets`.', example: 'acme-lake' }),
  prefix: textForm(
    'must be at most 1,024 bytes long, contain no NUL and end with "/"',
    (value) => (isKey(value) && value.endsWith('/') ? value : undefined),
    prefixFix,
    { pattern: '/$' },
  )
    .exactOptional()
    .meta({
      description:
        'Limits the grant to keys that begin with this prefix, which must end with `/`. Cannot be combined with `key`. Default: the whole bucket.',
      example: 'raw/public/',
    }),
  key: text({ must: "must be an object's key: 1 to 1,024 bytes without NUL", test: isKey })
    .exactOptional()
    .meta({
      description:
        'Limits the grant to the object with this key. Cannot be combined with `prefix` or `list`. Default: the whole bucket.',
      example: 'raw/rates.csv',
    }),
});
