// What AWS lets a role, a region, a bucket, an account or a key be called, and the domain of a region. Each rule is a sentence and its test.

/** A rule on a text: the sentence goes into the message of a problem, so that the two cannot part. */
export interface TextRule {
  readonly must: string;
  readonly test: (text: string) => boolean;
  readonly fix?: string;
}

const PARTITION = '(?:aws|aws-cn|aws-us-gov|aws-eusc|aws-iso(?:-[a-z])?)';
const REGION = '[a-z]{2,4}(?:-[a-z]+)+-\\d{1,2}';

const ROLE_ARN_FORM = new RegExp(
  `^arn:${PARTITION}:iam::(\\d{12}):role/(?:[!-~]{1,510}/)?([\\w+=,.@-]{1,64})$`,
);

/** IAM API Reference, CreateRole: a path of up to 512 characters from `!` to `~`, its two slashes included; a name of up to 64. */
export const ROLE_ARN: TextRule = {
  must: 'must be the ARN of an IAM role, arn:aws:iam::123456789012:role/NAME',
  test: (text) => ROLE_ARN_FORM.test(text),
  fix: 'Copy it from `aws iam get-role --role-name NAME --query Role.Arn`.',
};

/** @param arn that {@link ROLE_ARN} takes. Its path may contain colons. */
export function parseRoleArn(arn: string): { readonly account: string; readonly name: string } {
  const [, account = '', name = ''] = ROLE_ARN_FORM.exec(arn) ?? [];
  return { account, name };
}

/** AWS documents no grammar; this holds every region of every partition, and is one label of a host name. */
export const AWS_REGION: TextRule = {
  must: 'must be an AWS region, like eu-west-1',
  test: (text) => text.length <= 63 && new RegExp(`^${REGION}$`).test(text),
};

export const AWS_PROFILE: TextRule = {
  must: 'must be the name of an AWS profile',
  test: (text) => /^[^\p{C}]+$/u.test(text),
};

export const ACCOUNT_ID: TextRule = {
  must: 'must be an AWS account number, 12 digits in quotes',
  test: (text) => /^\d{12}$/.test(text),
};

/** STS AssumeRole, parameter ExternalId. */
export const EXTERNAL_ID: TextRule = {
  must: 'must be 2 to 1,224 letters, digits and _+=,.@:/-',
  test: (text) => /^[\w+=,.@:/-]{2,1224}$/.test(text),
};

/** A session policy takes keys alone: an alias is not the key's ARN. */
export const KMS_KEY_ARN: TextRule = {
  must: 'must be the ARN of a KMS key, arn:aws:kms:REGION:123456789012:key/ID',
  test: (text) =>
    text.length <= 2048 &&
    new RegExp(`^arn:${PARTITION}:kms:${REGION}:\\d{12}:key/[A-Za-z0-9-]+$`).test(text),
  fix: 'An alias does not do; `aws kms describe-key` tells the key behind it.',
};

/** STS, parameter Tags: keys of 1 to 128 characters, of which `aws:` is reserved. */
export const TAG_KEY: TextRule = {
  must: 'must be a session tag key: 1 to 128 letters, digits, spaces and _.:/=+-@, not beginning with "aws:"',
  test: (text) => /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u.test(text) && !/^aws:/i.test(text),
};

/** STS, parameter Tags: values of up to 256 characters. */
export const TAG_VALUE: TextRule = {
  must: 'must be a session tag value: up to 256 letters, digits, spaces and _.:/=+-@',
  test: (text) => /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u.test(text),
};

/** S3's rule for the letters of a bucket name, which access point aliases follow as well. */
const isBucketForm = (text: string) =>
  /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(text) &&
  !text.includes('..') &&
  !/^\d+\.\d+\.\d+\.\d+$/.test(text);

/** "General purpose bucket naming rules" in the S3 user guide; what they reserve belongs to aliases and other kinds. */
const RESERVED_IN_BUCKET_NAMES = /^(?:xn--|sthree-)/;

/** The name callers use. It must be one that S3 would take, as clients check it before they ask. */
export const BUCKET_NAME: TextRule = {
  must:
    'must be a bucket name: 3 to 63 lower-case letters, digits, dots and hyphens, beginning and ending with a ' +
    'letter or digit, not an IP address, with none of the prefixes and suffixes that S3 reserves',
  test: (text) => isBucketForm(text) && !RESERVED_IN_BUCKET_NAMES.test(text) && targetFix(text) === '',
  fix: 'Callers may use any such name: `target` tells what S3 calls it.',
};

const ACCESS_POINT_ARN = new RegExp(
  `^arn:${PARTITION}:s3:(${REGION}):\\d{12}:accesspoint/[a-z0-9][a-z0-9-]{1,48}[a-z0-9]$`,
);

/**
 * Suffixes that S3 reserves for what a bridge cannot read, and why ("General purpose bucket naming rules" in the S3 user guide).
 */
const UNREADABLE_TARGETS: readonly (readonly [suffix: string, fix: string])[] = [
  [
    '-s3alias',
    'An alias (-s3alias) is not accepted, because IAM policies cannot name it: write the ARN. ' +
      '`aws s3control list-access-points --account-id ACCOUNT` shows the ARN beside the alias.',
  ],
  [
    '--ol-s3',
    "The alias of an Object Lambda access point (--ol-s3) is not accepted, because reading through it needs another service's permission " +
      '(s3-object-lambda): write the bucket behind it.',
  ],
  [
    '.mrap',
    'A multi-Region access point (.mrap) is not accepted, because it needs signatures of the form SigV4A: write one of the buckets behind it.',
  ],
  [
    '--x-s3',
    'A directory bucket (--x-s3) is not accepted, because S3 Express reads only with sessions of its own (CreateSession): ' +
      'copy its objects to a general purpose bucket.',
  ],
  [
    '--xa-s3',
    'An access point of a directory bucket (--xa-s3) is not accepted, because S3 Express reads only with sessions of its own (CreateSession): ' +
      'copy its objects to a general purpose bucket.',
  ],
  [
    '--table-s3',
    'A table bucket (--table-s3) is not accepted, because its tables are read through S3 Tables: copy its objects to a general purpose bucket.',
  ],
];

/**
 * S3's name for a bucket. A multi-Region access point has no region in its ARN and needs another signature, so its ARN is rejected.
 * An alias is rejected because policies cannot name it: a session policy would have to allow every access point, and a key of
 * any of them that repeats the granted path (`raw/private/object/raw/public/x`) would match.
 */
export const BUCKET_TARGET: TextRule = {
  must: 'must be a bucket name or the ARN of an access point in one region',
  test: (text) => (isBucketForm(text) && targetFix(text) === '') || ACCESS_POINT_ARN.test(text),
};

/** Why a text with a reserved suffix is no {@link BUCKET_TARGET}, and what to write instead; '' for any other text. */
export function targetFix(text: string): string {
  return UNREADABLE_TARGETS.find(([suffix]) => text.endsWith(suffix))?.[1] ?? '';
}

/** The region that an access point's ARN names; undefined for a bucket name. */
export function regionOfTarget(target: string): string | undefined {
  return ACCESS_POINT_ARN.exec(target)?.[1];
}

/** One domain for each AWS partition (AWS General Reference, "AWS service endpoints"). */
const DOMAINS: readonly (readonly [prefix: string, domain: string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['eusc-', 'amazonaws.eu'],
  ['us-iso-', 'c2s.ic.gov'],
  ['us-isob-', 'sc2s.sgov.gov'],
];

const DEFAULT_DOMAIN = 'amazonaws.com';

export const AWS_DOMAINS: readonly string[] = [DEFAULT_DOMAIN, ...DOMAINS.map(([, domain]) => domain)];

/** The domain of a region's endpoints. */
export function awsDomain(region: string): string {
  return DOMAINS.find(([prefix]) => region.startsWith(prefix))?.[1] ?? DEFAULT_DOMAIN;
}
