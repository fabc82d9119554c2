// The statements of a session policy: what the grants on a bucket allow, and an explicit Deny for everything else in S3.
import type { Bucket, Grant } from '../config/types.ts';
import { iamActions, isListAction } from './iam-actions.ts';
import { reachesOf } from './grant-reach.ts';
import type { Reach } from './grant-reach.ts';

type OneOrMany = string | readonly string[];

export interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: OneOrMany;
  readonly NotAction?: OneOrMany;
  readonly Resource?: OneOrMany;
  readonly NotResource?: OneOrMany;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMany>>>>;
}

/** Returns the statements that allow exactly the access that the grants allow. */
export function allowances(bucket: Bucket, grants: readonly Grant[]): Statement[] {
  return [
    ...objectReaches(grants).map(({ actions, patterns }): Statement => ({
      Effect: 'Allow',
      Action: oneOrMany(actions),
      Resource: oneOrMany(objectArns(bucket, patterns)),
    })),
    // If a requested key does not exist, AWS compares it with `s3:prefix` to decide between 404 and 403. This condition
    // therefore also matters for reads.
    ...listReaches(grants).map(({ actions, patterns }): Statement => ({
      Effect: 'Allow',
      Action: oneOrMany(actions),
      Resource: bucketArn(bucket),
      ...(isEverything(patterns) ? {} : prefixCondition('StringLike', patterns)),
    })),
    ...kmsAllowance(bucket),
  ];
}

/**
 * Denies exactly the S3 access that {@link allowances} does not allow. A bucket policy in the same account may grant access to
 * "*" (with aws:PrincipalArn) or to a session's ARN. Without a Deny, a session policy does not limit this access (IAM user guide,
 * "Policy evaluation for requests within a single account"). No KMS action is denied, because a Deny would also block the AWS
 * managed key (aws/s3), to which only its key policy gives access.
 */
export function denials(bucket: Bucket, grants: readonly Grant[]): Statement[] {
  return [
    {
      Effect: 'Deny',
      NotAction: oneOrMany(grantedActions(grants)),
      Resource: `arn:${partitionOf(bucket)}:s3:*:*:*`,
    },
    ...reachDenials(bucket, grants),
  ];
}

/** Denies each granted action outside the keys and prefixes of its grants. */
export function reachDenials(bucket: Bucket, grants: readonly Grant[]): Statement[] {
  return [
    ...objectReaches(grants).map(({ actions, patterns }): Statement => ({
      Effect: 'Deny',
      Action: oneOrMany(actions),
      NotResource: oneOrMany([...objectArns(bucket, patterns), ...bucketsBehind(bucket)]),
    })),
    ...listReaches(grants).flatMap(({ actions, patterns }): Statement[] => {
      const denied = { Effect: 'Deny', Action: oneOrMany(actions) } as const;
      const own = bucketArn(bucket);
      const elsewhere = { ...denied, NotResource: oneOrMany([own, ...bucketsBehind(bucket)]) };
      if (isEverything(patterns)) return [elsewhere];
      return [elsewhere, { ...denied, Resource: own, ...prefixCondition('StringNotLike', patterns) }];
    }),
  ];
}

/** Returns the S3 actions that the grants allow, sorted. */
export const grantedActions = (grants: readonly Grant[]): readonly string[] =>
  [...new Set(grants.flatMap(({ allow }) => iamActions(allow)))].sort();

const objectReaches = (grants: readonly Grant[]): Reach[] =>
  reachesOf(grants, (action) => !isListAction(action));
const listReaches = (grants: readonly Grant[]): Reach[] => reachesOf(grants, isListAction);

const isEverything = (patterns: readonly string[]): boolean => patterns.includes('*');

const prefixCondition = (
  operator: 'StringLike' | 'StringNotLike',
  patterns: readonly string[],
): Pick<Statement, 'Condition'> => ({ Condition: { [operator]: { 's3:prefix': oneOrMany(patterns) } } });

/** Allows decryption only if S3 requests it for a read, so that a session cannot use the keys in any other way. */
function kmsAllowance({ kmsKeys, region }: Bucket): Statement[] {
  if (kmsKeys.length === 0) return [];
  return [
    {
      Effect: 'Allow',
      Action: 'kms:Decrypt',
      Resource: oneOrMany([...kmsKeys].sort()),
      Condition: { StringLike: { 'kms:ViaService': `s3.${region ?? '*'}.amazonaws.com*` } },
    },
  ];
}

/**
 * Whether the bucket is an access point, which is a separate IAM resource (S3 user guide, "Configuring IAM policies for using
 * access points").
 */
const isAccessPoint = ({ target }: Bucket): boolean => target.startsWith('arn:');

/** Returns the bucket's AWS partition, which is the same as its role's. */
const partitionOf = ({ role }: Bucket): string => role.arn.split(':')[1] ?? 'aws';

const bucketArn = (bucket: Bucket): string =>
  isAccessPoint(bucket) ? bucket.target : `arn:${partitionOf(bucket)}:s3:::${bucket.target}`;

function objectArns(bucket: Bucket, patterns: readonly string[]): string[] {
  const base = isAccessPoint(bucket) ? `${bucketArn(bucket)}/object` : bucketArn(bucket);
  return patterns.map((pattern) => `${base}/${pattern}`);
}

/**
 * Returns the buckets behind an access point. If a request goes through an access point, S3 also checks the permissions on the
 * bucket behind it. The access point's ARN does not contain that bucket's name, so all buckets are exempt: a Deny that covers the
 * bucket would break every read.
 */
const bucketsBehind = (bucket: Bucket): string[] =>
  isAccessPoint(bucket) ? [`arn:${partitionOf(bucket)}:s3:::*`] : [];

export const oneOrMany = (values: readonly string[]): OneOrMany =>
  values.length === 1 ? (values[0] ?? '') : values;
