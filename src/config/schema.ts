// The whole YAML schema: which fields there are, what each may hold and what it is where it is absent.
// What one field says about another is in cross-checks.ts and grant-checks.ts.
import * as z from 'zod';
import * as aws from './aws-names.ts';
import { CALLER_MUST, callerFix, readCallerPattern } from './caller-pattern.ts';
import { either, fields, quantity, text, textForm, wholeNumber, word, yesOrNo } from './schema-parts.ts';
import { CORS_ORIGIN, ORIGIN_MUST, readOrigin } from './allowed-origins.ts';
import { DURATION, SIZE } from './units.ts';

export const ACTIONS = ['get', 'list', 'versions', 'tags', 'attributes'] as const;

/** S3 user guide, "Naming Amazon S3 objects": a key is at most 1,024 bytes of UTF-8. */
const LONGEST_KEY_BYTES = 1024;

/** The signer and the session policy need text that has a UTF-8 form; S3 keeps no NUL. */
const isKey = (key: string) =>
  key !== '' && !key.includes('\0') && key.isWellFormed() && Buffer.byteLength(key) <= LONGEST_KEY_BYTES;

const caller = textForm(CALLER_MUST, readCallerPattern, callerFix);
const roleArn = text(aws.ROLE_ARN);

const audience = text({
  must: 'must be a text of 1 to 255 characters without spaces at its ends',
  test: (value) => /^[^\p{C}]{1,255}$/u.test(value) && value.trim() === value,
});

/** What maps of the document are keyed by; it appears in logs and as a metric's label. */
const name = text({
  must: 'must be the name of an entry: 1 to 64 letters, digits, dots, hyphens and underscores',
  test: (value) => /^[\w.-]{1,64}$/.test(value),
});

const hop = fields({
  arn: roleArn,
  externalId: text(aws.EXTERNAL_ID).exactOptional(),
  tags: z.record(z.string(), text(aws.TAG_VALUE)).default({}),
  callerTags: yesOrNo().default(false),
  transitiveTags: z.array(text(aws.TAG_KEY)).default([]),
  sourceIdentity: word('caller').exactOptional(),
});

const role = fields({
  arn: roleArn,
  // The limits are STS's; the role's own MaxSessionDuration may be lower, which only STS knows.
  duration: quantity(900, 43_200, DURATION).default(3600),
  session: word('caller', 'bridge').default('caller'),
  then: z.array(hop).default([]),
});

const target = textForm(
  aws.BUCKET_TARGET.must,
  (value) => (aws.BUCKET_TARGET.test(value) ? value : undefined),
  aws.targetFix,
);

const bucket = fields({
  role: name,
  target: target.exactOptional(),
  region: text(aws.AWS_REGION).exactOptional(),
  endpoint: textForm(ORIGIN_MUST, readOrigin).exactOptional(),
  requesterPays: yesOrNo().default(false),
  expectedOwner: text(aws.ACCOUNT_ID).exactOptional(),
  kmsKeys: z.array(text(aws.KMS_KEY_ARN)).default([]),
  verifyChecksums: yesOrNo().default(false),
});

const grant = fields({
  callers: z.array(caller).min(1),
  allow: z.array(word(...ACTIONS)).min(1),
  bucket: text({ must: 'must be the name of a bucket under buckets', test: (value) => value !== '' }),
  prefix: text({
    must: 'must be at most 1,024 bytes long, hold no NUL and end with "/"',
    test: (value) => isKey(value) && value.endsWith('/'),
    fix: 'Without the closing slash raw/public would open raw/public-drafts as well; for one object use `key`.',
  }).exactOptional(),
  key: text({ must: "must be an object's key: 1 to 1,024 bytes without NUL", test: isKey }).exactOptional(),
});

const elsewhere = fields({
  impersonate: textForm('must be the e-mail of a service account', (value) => {
    const pattern = readCallerPattern(value);
    return pattern?.kind === 'email' ? pattern.email : undefined;
  }).exactOptional(),
  file: text({ must: 'must be a path', test: (value) => /^[^\0]+$/.test(value) }).exactOptional(),
  profile: text(aws.AWS_PROFILE).exactOptional(),
});

const identityWord = textForm(
  'must be metadata, or a map with one of impersonate, file and profile',
  (value) => (value === 'metadata' ? {} : undefined),
);

export const documentSchema = fields({
  audience: either<string | string[]>((value) =>
    Array.isArray(value) ? z.array(audience).min(1) : audience,
  ),
  // Whether the two audiences may be such as other programs have, too.
  allowSharedAudience: yesOrNo().default(false),
  aws: fields({
    region: text(aws.AWS_REGION).exactOptional(),
    audience: audience.default('fedbridge'),
  }).prefault({}),
  identity: either<z.output<typeof elsewhere>>((value) =>
    typeof value === 'object' && value !== null ? elsewhere : identityWord,
  ).exactOptional(),
  roles: z.record(z.string(), role),
  buckets: z.record(z.string(), bucket),
  grants: z.array(grant),
  operators: z.array(caller).default([]),
  responses: fields({
    // S3 stores objects of up to 50 TB.
    chunkAbove: quantity(0, 50e12, SIZE).exactOptional(),
  }).prefault({}),
  cors: fields({
    origins: z.array(text(CORS_ORIGIN)).min(1),
    // Fetch: browsers cap it themselves, the most patient at a day.
    maxAge: quantity(0, 86_400, DURATION).default(600),
  }).exactOptional(),
  limits: fields({
    inFlight: wholeNumber(1, 100_000, 'requests').default(1000),
    perCaller: wholeNumber(1, 100_000, 'requests').exactOptional(),
    stall: quantity(1, 3600, DURATION).default(30),
    drain: quantity(0, 3600, DURATION).default(9),
  }).prefault({}),
});

/** A document of which every field is valid by itself. */
export type ValidDocument = z.output<typeof documentSchema>;
