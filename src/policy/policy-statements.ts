// The statements of a session policy: what grants on a bucket allow, and an explicit Deny for all else in S3.
import type { Bucket, Grant } from '../config/types.ts';
import { isListAction } from './iam-actions.ts';
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

/** What the grants allow, and nothing else. */
export function allowances(bucket: Bucket, grants: readonly Grant[]): Statement[] {
  return [
    ...objectReaches(grants).map(({ actions, patterns }): Statement => ({
      Effect: 'Allow',
      Action: oneOrMany(actions),
      Resource: oneOrMany(objectArns(bucket, patterns)),
    })),
    // AWS tests a missing key under `s3:prefix` when it decides between 404 and 403, so the condition serves reads too.
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
 * Exactly what {@link allowances} leaves out of S3. Within an account, a session policy without a Deny does not limit what a
 * bucket policy grants to "*" (with aws:PrincipalArn) or to a session's ARN (IAM user guide, "Policy evaluation for requests
 * within a single account"). No KMS action is denied: AWS's own key of an account (aws/s3) decrypts by its key policy alone.
 */
export function denials(bucket: Bucket, grants: readonly Grant[]): Statement[] {
  const [objects, lists] = [objectReaches(grants), listReaches(grants)];
  const granted = [...objects, ...lists].flatMap(({ actions }) => actions).sort();
  return [
    { Effect: 'Deny', NotAction: oneOrMany(granted), Resource: `arn:${partitionOf(bucket)}:s3:*:*:*` },
    ...objects.map(({ actions, patterns }): Statement => ({
      Effect: 'Deny',
      Action: oneOrMany(actions),
      NotResource: oneOrMany([...objectArns(bucket, patterns), ...bucketsBehind(bucket)]),
    })),
    ...lists.flatMap(({ actions, patterns }): Statement[] => {
      const denied = { Effect: 'Deny', Action: oneOrMany(actions) } as const;
      const own = bucketArn(bucket);
      const elsewhere = { ...denied, NotResource: oneOrMany([own, ...bucketsBehind(bucket)]) };
      if (isEverything(patterns)) return [elsewhere];
      return [elsewhere, { ...denied, Resource: own, ...prefixCondition('StringNotLike', patterns) }];
    }),
  ];
}

const objectReaches = (grants: readonly Grant[]): Reach[] =>
  reachesOf(grants, (action) => !isListAction(action));
const listReaches = (grants: readonly Grant[]): Reach[] => reachesOf(grants, isListAction);

const isEverything = (patterns: readonly string[]): boolean => patterns.includes('*');

const prefixCondition = (
  operator: 'StringLike' | 'StringNotLike',
  patterns: readonly string[],
): Pick<Statement, 'Condition'> => ({ Condition: { [operator]: { 's3:prefix': oneOrMany(patterns) } } });

/** Only as S3 does it on a read's behalf: the keys are of no use elsewhere. */
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

/** An access point is a resource of its own (S3 user guide, "Configuring IAM policies for using access points"). */
const isAccessPoint = ({ target }: Bucket): boolean => target.startsWith('arn:');

/** A bucket is in the partition of its role. */
const partitionOf = ({ role }: Bucket): string => role.arn.split(':')[1] ?? 'aws';

const bucketArn = (bucket: Bucket): string =>
  isAccessPoint(bucket) ? bucket.target : `arn:${partitionOf(bucket)}:s3:::${bucket.target}`;

function objectArns(bucket: Bucket, patterns: readonly string[]): string[] {
  const base = isAccessPoint(bucket) ? `${bucketArn(bucket)}/object` : bucketArn(bucket);
  return patterns.map((pattern) => `${base}/${pattern}`);
}

/**
 * S3 also tests a request through an access point against the bucket behind it, whose name the access point's ARN does not
 * contain: a Deny that covers that bucket would break every read.
 */
const bucketsBehind = (bucket: Bucket): string[] =>
  isAccessPoint(bucket) ? [`arn:${partitionOf(bucket)}:s3:::*`] : [];

export const oneOrMany = (values: readonly string[]): OneOrMany =>
  values.length === 1 ? (values[0] ?? '') : values;
