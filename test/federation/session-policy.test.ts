// Grants are compiled to AWS policies that are minimal and canonical, and never allow more than the grants.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Bucket, Grant } from '../../src/config/types.ts';
import { MAX_POLICY_CHARACTERS } from '../../src/config/aws-limits.ts';
import { compileAllowances, compilePolicy, sessionPolicies } from '../../src/policy/session-policy.ts';
import { bucketWith } from '../support/bucket.ts';

const bucket = bucketWith();

const grant = (scope: Grant['scope'], allow: Grant['allow'] = ['get', 'list']): Grant => ({
  position: 0,
  callers: [],
  allow,
  bucket: 'acme-lake',
  scope,
});
const prefix = (text: string, allow?: Grant['allow']): Grant =>
  grant({ kind: 'prefix', prefix: text }, allow);
const statements = (grants: readonly Grant[], of = bucket): unknown => {
  const policy: unknown = JSON.parse(compileAllowances(of, grants));
  assert.ok(typeof policy === 'object' && policy !== null && 'Statement' in policy);
  return policy.Statement;
};

describe('a session policy', () => {
  it('allows reading and listing an entire bucket, without conditions, if the grant covers the bucket', () => {
    assert.deepEqual(statements([grant({ kind: 'bucket' })]), [
      { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::acme-lake/*' },
      { Effect: 'Allow', Action: 's3:ListBucket', Resource: 'arn:aws:s3:::acme-lake' },
    ]);
  });
  it('restricts listing to a granted prefix', () => {
    assert.deepEqual(statements([prefix('raw/public/')]), [
      { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::acme-lake/raw/public/*' },
      {
        Effect: 'Allow',
        Action: 's3:ListBucket',
        Resource: 'arn:aws:s3:::acme-lake',
        Condition: { StringLike: { 's3:prefix': 'raw/public/*' } },
      },
    ]);
  });
  it('allows reading a granted key, and nothing else', () => {
    assert.deepEqual(statements([grant({ kind: 'key', key: 'raw/one.csv' }, ['get'])]), [
      { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::acme-lake/raw/one.csv' },
    ]);
  });
  it('escapes wildcards and variables in a key', () => {
    assert.deepEqual(statements([grant({ kind: 'key', key: 'a*b?c$d${aws:username}' }, ['get'])]), [
      {
        Effect: 'Allow',
        Action: 's3:GetObject',
        Resource: 'arn:aws:s3:::acme-lake/a${*}b${?}c${$}d${$}{aws:username}',
      },
    ]);
  });
  it('contains only ASCII characters', () => {
    assert.match(compilePolicy(bucket, [prefix('日本/é"/')]), /^[\x20-\x7e]+$/);
    assert.deepEqual(statements([prefix('日本/é"/', ['get'])]), [
      { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::acme-lake/日本/é"/*' },
    ]);
  });
  it('omits grants that a wider grant covers', () => {
    assert.equal(
      compilePolicy(bucket, [prefix('raw/'), prefix('raw/public/')]),
      compilePolicy(bucket, [prefix('raw/')]),
    );
    assert.equal(
      compilePolicy(bucket, [prefix('a/'), grant({ kind: 'bucket' })]),
      compilePolicy(bucket, [grant({ kind: 'bucket' })]),
    );
  });
  it('keeps both team/ and team-secret/, because neither prefix covers the other', () => {
    assert.deepEqual(statements([prefix('team/', ['get']), prefix('team-secret/', ['get'])]), [
      {
        Effect: 'Allow',
        Action: 's3:GetObject',
        Resource: ['arn:aws:s3:::acme-lake/team-secret/*', 'arn:aws:s3:::acme-lake/team/*'],
      },
    ]);
  });
  it('does not depend on the order of the grants', () => {
    const grants = [prefix('b/'), prefix('a/', ['get']), grant({ kind: 'key', key: 'c' }, ['get'])];
    assert.equal(compilePolicy(bucket, grants), compilePolicy(bucket, [...grants].reverse()));
    assert.equal(compilePolicy(bucket, grants), compilePolicy(bucket, [...grants, ...grants]));
  });
  it("names the role's partition and the access point", () => {
    const china: Bucket = {
      ...bucket,
      role: { ...bucket.role, arn: 'arn:aws-cn:iam::123456789012:role/lake' },
    };
    assert.match(compilePolicy(china, [prefix('a/')]), /"arn:aws-cn:s3:::acme-lake\/a\/\*"/);
    const point: Bucket = { ...bucket, target: 'arn:aws:s3:us-east-1:123456789012:accesspoint/lake' };
    assert.match(
      compilePolicy(point, [prefix('a/')]),
      /"arn:aws:s3:us-east-1:123456789012:accesspoint\/lake\/object\/a\/\*"/,
    );
  });
  it('allows decryption only through S3', () => {
    const key = 'arn:aws:kms:us-east-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
    assert.deepEqual(
      statements([prefix('a/', ['get'])], { ...bucket, region: 'us-east-2', kmsKeys: [key] }),
      [
        { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::acme-lake/a/*' },
        {
          Effect: 'Allow',
          Action: 'kms:Decrypt',
          Resource: key,
          Condition: { StringLike: { 'kms:ViaService': 's3.us-east-2.amazonaws.com*' } },
        },
      ],
    );
  });
  it('allows reads of versions, tags and attributes only if they are granted', () => {
    const all = prefix('a/', ['get', 'list', 'versions', 'tags', 'attributes']);
    const object = { Effect: 'Allow', Resource: 'arn:aws:s3:::acme-lake/a/*' };
    assert.deepEqual(statements([all, prefix('b/', ['get', 'list'])]), [
      {
        ...object,
        Action: 's3:GetObject',
        Resource: ['arn:aws:s3:::acme-lake/a/*', 'arn:aws:s3:::acme-lake/b/*'],
      },
      {
        ...object,
        Action: [
          's3:GetObjectAttributes',
          's3:GetObjectTagging',
          's3:GetObjectVersion',
          's3:GetObjectVersionAttributes',
          's3:GetObjectVersionTagging',
        ],
      },
      {
        Effect: 'Allow',
        Action: 's3:ListBucket',
        Resource: 'arn:aws:s3:::acme-lake',
        Condition: { StringLike: { 's3:prefix': ['a/*', 'b/*'] } },
      },
      {
        Effect: 'Allow',
        Action: 's3:ListBucketVersions',
        Resource: 'arn:aws:s3:::acme-lake',
        Condition: { StringLike: { 's3:prefix': 'a/*' } },
      },
    ]);
  });
  it('covers only the grant that allows the request if a policy for all grants would be too long', () => {
    const many = Array.from({ length: 100 }, (_, i) => prefix(`partition-${i}/`, ['get']));
    const [first = prefix('never/')] = many;
    assert.ok(compilePolicy(bucket, many).length > MAX_POLICY_CHARACTERS);
    const policyOf = sessionPolicies();
    const few = many.slice(0, 3);
    assert.equal(policyOf(bucket, [first], many), compilePolicy(bucket, [first]));
    assert.equal(policyOf(bucket, [first], few), compilePolicy(bucket, few));
  });
});
