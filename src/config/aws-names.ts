// AWS's naming rules for roles, regions, buckets, accounts and keys, and the domain of a region. Each rule contains its error
// message and its test.

/** A rule for a string. The rule contains both the error message and the test, so that the two stay consistent. */
export interface TextRule {
  readonly must: string;
  readonly test: (text: string) => boolean;
  readonly fix?: string;
  /** A pattern for editors; it matches everything that `test` accepts, and possibly more. */
  readonly pattern?: string;
}

const PARTITION = '(?:aws|aws-cn|aws-us-gov|aws-eusc|aws-iso(?:-[a-z])?)';
const REGION = '[a-z]{2,4}(?:-[a-z]+)+-\\d{1,2}';

const ROLE_ARN_FORM = new RegExp(
  `^arn:${PARTITION}:iam::(\\d{12}):role/(?:[!-~]{1,510}/)?([\\w+=,.@-]{1,64})$`,
);

/**
 * The rule for a role's ARN. The path has up to 512 characters from `!` to `~`, including its two slashes. The name has up to
 * 64 characters (IAM API Reference, CreateRole).
 */
export const ROLE_ARN: TextRule = {
  must: 'must be the ARN of an IAM role, arn:aws:iam::123456789012:role/NAME',
  test: (text) => ROLE_ARN_FORM.test(text),
  fix: 'Copy it from `aws iam get-role --role-name NAME --query Role.Arn`.',
  pattern: ROLE_ARN_FORM.source,
};

/** @param arn an ARN that passes {@link ROLE_ARN}; its path may contain colons */
export function parseRoleArn(arn: string): { readonly account: string; readonly name: string } {
  const [, account = '', name = ''] = ROLE_ARN_FORM.exec(arn) ?? [];
  return { account, name };
}

/**
 * The rule for a region's name. AWS documents no grammar for these names, so the rule accepts all names of the usual form, in
 * every partition. The length is limited to that of a label in a host name.
 */
export const AWS_REGION: TextRule = {
  must: 'must be an AWS region, like eu-west-1',
  test: (text) => text.length <= 63 && new RegExp(`^${REGION}$`).test(text),
  pattern: `^${REGION}$`,
};

export const AWS_PROFILE: TextRule = {
  must: 'must be the name of an AWS profile',
  test: (text) => /^[^\p{C}]+$/u.test(text),
};

export const ACCOUNT_ID: TextRule = {
  must: 'must be an AWS account ID: 12 digits, in quotes',
  test: (text) => /^\d{12}$/.test(text),
  pattern: '^\\d{12}$',
};

/** The format of an external ID (STS AssumeRole, parameter ExternalId). */
export const EXTERNAL_ID: TextRule = {
  must: 'must be 2 to 1,224 characters: letters, digits and _+=,.@:/-',
  test: (text) => /^[\w+=,.@:/-]{2,1224}$/.test(text),
  pattern: '^[\\w+=,.@:/-]{2,1224}$',
};

const KMS_KEY_FORM = `^arn:${PARTITION}:kms:${REGION}:\\d{12}:key/[A-Za-z0-9-]+$`;

/** The rule for the ARN of a KMS key. Aliases are rejected, because a session policy must contain the key's own ARN. */
export const KMS_KEY_ARN: TextRule = {
  must: 'must be the ARN of a KMS key, arn:aws:kms:REGION:123456789012:key/ID',
  test: (text) => text.length <= 2048 && new RegExp(KMS_KEY_FORM).test(text),
  pattern: KMS_KEY_FORM,
  fix: "Aliases are not accepted; `aws kms describe-key` shows the key's ARN.",
};

/** The rule for the key of a session tag: 1 to 128 characters, without the reserved prefix `aws:` (STS AssumeRole, Tags). */
export const TAG_KEY: TextRule = {
  must: 'must be a session tag key: 1 to 128 characters (letters, digits, spaces and _.:/=+-@), not beginning with "aws:"',
  test: (text) => /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u.test(text) && !/^aws:/i.test(text),
};

/** The rule for the value of a session tag: up to 256 characters (STS AssumeRole, Tags). */
export const TAG_VALUE: TextRule = {
  must: 'must be a session tag value: up to 256 characters (letters, digits, spaces and _.:/=+-@)',
  test: (text) => /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u.test(text),
};

/** S3's rule for the characters of a bucket name. Access point aliases follow the same rule. */
export const BUCKET_NAME_FORM = '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$';

const BUCKET_FORM = new RegExp(BUCKET_NAME_FORM);

const isBucketForm = (text: string) =>
  BUCKET_FORM.test(text) && !text.includes('..') && !/^\d+\.\d+\.\d+\.\d+$/.test(text);

/**
 * Prefixes that S3 reserves for aliases and other kinds of buckets ("General purpose bucket naming rules" in the S3 user guide).
 */
const RESERVED_IN_BUCKET_NAMES = /^(?:xn--|sthree-)/;

/**
 * The rule for the bucket name that callers use. The name must be valid for S3, because clients check it before they send a
 * request.
 */
export const BUCKET_NAME: TextRule = {
  must:
    'must be a bucket name: 3 to 63 lowercase letters, digits, dots and hyphens, beginning and ending with a ' +
    'letter or digit, not an IP address, and without a prefix or suffix that S3 reserves',
  test: (text) => isBucketForm(text) && !RESERVED_IN_BUCKET_NAMES.test(text) && targetFix(text) === '',
  fix: 'This is the name that callers use. If the bucket has a different name in S3, set `target` to the S3 name.',
};

const ACCESS_POINT_ARN = new RegExp(
  `^arn:${PARTITION}:s3:(${REGION}):\\d{12}:accesspoint/[a-z0-9][a-z0-9-]{1,48}[a-z0-9]$`,
);

/**
 * The suffixes with which S3 marks names that the bridge cannot use, each with the reason and a replacement ("General purpose
 * bucket naming rules" in the S3 user guide).
 */
const UNREADABLE_TARGETS: readonly (readonly [suffix: string, fix: string])[] = [
  [
    '-s3alias',
    'An alias (-s3alias) is not accepted, because IAM policies cannot name it. Use the ARN instead: ' +
      '`aws s3control list-access-points --account-id ACCOUNT` shows the ARN next to the alias.',
  ],
  [
    '--ol-s3',
    'An Object Lambda access point alias (--ol-s3) is not accepted, because it requires permission for a separate service ' +
      "(s3-object-lambda). Use the underlying bucket's name instead.",
  ],
  [
    '.mrap',
    'A multi-Region access point (.mrap) is not accepted, because it requires SigV4A signatures. Use the name of one of its buckets instead.',
  ],
  [
    '--x-s3',
    'A directory bucket (--x-s3) is not accepted, because S3 Express requires its own sessions (CreateSession). ' +
      'Copy its objects to a general purpose bucket.',
  ],
  [
    '--xa-s3',
    'An access point for a directory bucket (--xa-s3) is not accepted, because S3 Express requires its own sessions (CreateSession). ' +
      'Copy its objects to a general purpose bucket.',
  ],
  [
    '--table-s3',
    'A table bucket (--table-s3) is not accepted, because its tables are read through S3 Tables. Copy its objects to a general purpose bucket.',
  ],
];

/**
 * The rule for a bucket's `target`. A multi-Region access point has no region in its ARN and needs a different signature
 * algorithm, so its ARN is rejected. An alias is rejected because policies cannot name it: a session policy would have to allow
 * every access point. Such a policy would also match keys that contain the granted path, such as
 * `raw/private/object/raw/public/x`, in any access point.
 */
export const BUCKET_TARGET: TextRule = {
  must: 'must be a bucket name or the ARN of an access point in one region',
  test: (text) => (isBucketForm(text) && targetFix(text) === '') || ACCESS_POINT_ARN.test(text),
};

/** A pattern for editors; it matches everything that {@link BUCKET_TARGET} accepts, and possibly more. */
export const BUCKET_TARGET_FORM = `${BUCKET_NAME_FORM}|${ACCESS_POINT_ARN.source}`;

/**
 * Explains why a name with a reserved suffix is not a valid {@link BUCKET_TARGET}, and what to use instead; returns '' for any
 * other text.
 */
export function targetFix(text: string): string {
  return UNREADABLE_TARGETS.find(([suffix]) => text.endsWith(suffix))?.[1] ?? '';
}

/** Returns the region in an access point's ARN; undefined for a bucket name. */
export function regionOfTarget(target: string): string | undefined {
  return ACCESS_POINT_ARN.exec(target)?.[1];
}

/** The domains of AWS partitions that do not use the default domain (AWS General Reference, "AWS service endpoints"). */
const DOMAINS: readonly (readonly [prefix: string, domain: string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['eusc-', 'amazonaws.eu'],
  ['us-iso-', 'c2s.ic.gov'],
  ['us-isob-', 'sc2s.sgov.gov'],
];

const DEFAULT_DOMAIN = 'amazonaws.com';

export const AWS_DOMAINS: readonly string[] = [DEFAULT_DOMAIN, ...DOMAINS.map(([, domain]) => domain)];

/** Returns the domain of a region's endpoints. */
export function awsDomain(region: string): string {
  return DOMAINS.find(([prefix]) => region.startsWith(prefix))?.[1] ?? DEFAULT_DOMAIN;
}
