// The session policy of vended credentials denies every action of every service that the grants do not allow, and always
// contains its Deny statements.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_POLICY_CHARACTERS } from '../../src/config/aws-limits.ts';
import type { Action, Bucket, Grant } from '../../src/config/types.ts';
import { vendedPolicy } from '../../src/policy/vended-policy.ts';
import { evaluate, readPolicy } from '../../src/sandbox/iam/policy.ts';
import { bucketWith } from '../support/bucket.ts';

const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';

const lake = bucketWith();

const below = (prefix: string, ...allow: readonly Action[]): Grant => ({
  position: 0,
  callers: [],
  allow,
  bucket: 'acme-lake',
  scope: { kind: 'prefix', prefix },
});

function decisionOf(
  bucket: Bucket,
  request: {
    readonly action: string;
    readonly resource: string;
    readonly context?: Readonly<Record<string, string>>;
  },
): string {
  const policy = vendedPolicy(bucket, [below('raw/public/', 'get', 'list', 'vend')]);
  assert.ok(policy !== undefined);
  const { action, resource, context = {} } = request;
  const values = new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), [value]]));
  return evaluate(readPolicy(policy, 'identity'), { action, resource, context: values });
}

const THROUGH_S3 = { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' };

describe('the session policy of vended credentials', () => {
  it('allows what the grants allow', () => {
    assert.equal(
      decisionOf(lake, { action: 's3:GetObject', resource: 'arn:aws:s3:::acme-lake/raw/public/a' }),
      'allowed',
    );
  });

  for (const [action, resource] of [
    ['s3:GetObject', 'arn:aws:s3:::acme-lake/raw/private/a'],
    ['s3:GetObject', 'arn:aws:s3:::acme-other/raw/public/a'],
    ['s3:GetObjectTagging', 'arn:aws:s3:::acme-lake/raw/public/a'],
    ['s3:PutObject', 'arn:aws:s3:::acme-lake/raw/public/a'],
    ['s3:ListAllMyBuckets', '*'],
    ['sts:AssumeRole', 'arn:aws:iam::123456789012:role/other'],
    ['secretsmanager:GetSecretValue', 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:database'],
    ['sqs:ReceiveMessage', 'arn:aws:sqs:eu-west-1:123456789012:jobs'],
    ['kms:Encrypt', KEY],
    ['kms:Decrypt', KEY],
  ] as const)
    it(`explicitly denies ${action} on ${resource}, so that no resource policy can allow it`, () => {
      assert.equal(decisionOf(lake, { action, resource }), 'denied');
    });

  it('leaves decryption through S3 to the key policy, and allows it for the configured keys', () => {
    const request = { action: 'kms:Decrypt', resource: KEY, context: THROUGH_S3 };
    assert.equal(decisionOf(lake, request), 'not allowed');
    assert.equal(decisionOf({ ...lake, kmsKeys: [KEY] }, request), 'allowed');
    assert.equal(decisionOf({ ...lake, kmsKeys: [KEY] }, { action: 'kms:Decrypt', resource: KEY }), 'denied');
  });

  it('does not exist if it would be longer than STS accepts', () => {
    const lengths = [100, 300, 500, 700, 900].map(
      (length) => vendedPolicy(lake, [below(`${'x'.repeat(length)}/`, 'get', 'vend')])?.length,
    );
    assert.equal(lengths.at(-1), undefined);
    assert.ok(lengths.every((length) => length === undefined || length <= MAX_POLICY_CHARACTERS));
    assert.ok(lengths[0] !== undefined);
  });
});
