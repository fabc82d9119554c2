// Tests the permission policy that a role needs. test/terraform/read-policies.slow.ts verifies that Terraform's policy is the
// same.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readPolicyOf } from '../../src/policy/read-policy.ts';
import { configWith } from '../config/sample.ts';
import type { Change } from '../config/sample.ts';
import { statementsOf } from './statements.ts';

const LAKE = 'arn:aws:iam::123456789012:role/gcp-lake-read';
const DATA = 'arn:aws:iam::210987654321:role/lake-data';
const VAULT = 'arn:aws:iam::210987654321:role/vault';

const policyWith = (arn: string, ...changes: readonly Change[]): string | undefined =>
  readPolicyOf(configWith(...changes), arn);

describe("a role's permission policy", () => {
  it('allows each granted action on the granted keys, and decryption only through S3', () => {
    const key = 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
    const grant = { callers: ['a@example.com'], bucket: 'acme-lake', prefix: 'ключи/' };
    const policy = policyWith(
      LAKE,
      ['buckets acme-lake kmsKeys', [key]],
      ['grants', [{ ...grant, allow: ['get', 'list', 'versions', 'tags', 'attributes'] }]],
    );
    assert.deepEqual(statementsOf(policy), [
      {
        Effect: 'Allow',
        Action: ['kms:Decrypt'],
        Resource: [key],
        Condition: [['StringLike', [['kms:ViaService', ['s3.*.amazonaws.com*']]]]],
      },
      {
        Effect: 'Allow',
        Action: ['GetObject', 'GetObjectAttributes', 'GetObjectTagging', 'GetObjectVersion']
          .concat(['GetObjectVersionAttributes', 'GetObjectVersionTagging'])
          .map((action) => `s3:${action}`),
        // IAM rejects Cyrillic letters in a role's policy, so each letter becomes the wildcard `?`.
        Resource: ['arn:aws:s3:::acme-lake/?????/*'],
        Condition: [],
      },
      {
        Effect: 'Allow',
        Action: ['s3:ListBucket', 's3:ListBucketVersions'],
        Resource: ['arn:aws:s3:::acme-lake'],
        Condition: [['StringLike', [['s3:prefix', ['?????/*']]]]],
      },
    ]);
  });

  it('omits a grant that another grant covers', () => {
    const policy = policyWith(LAKE, [
      'grants',
      ['raw/', 'raw/public/'].map((prefix) => ({
        callers: ['a@example.com'],
        allow: ['get'],
        bucket: 'acme-lake',
        prefix,
      })),
    ]);
    assert.match(policy ?? '', /"Resource":"arn:aws:s3:::acme-lake\/raw\/\*"/);
  });

  it('allows the tags and source identity of earlier hops if the role is in the middle of a chain', () => {
    const tagged = { arn: DATA, tags: { team: 'data' }, transitiveTags: ['team'], sourceIdentity: 'caller' };
    const chain: Change = ['roles lake then', [tagged, { arn: VAULT }]];
    const next = { Action: ['sts:AssumeRole', 'sts:SetSourceIdentity', 'sts:TagSession'], Condition: [] };
    assert.deepEqual(statementsOf(policyWith(LAKE, chain)), [{ Effect: 'Allow', Resource: [DATA], ...next }]);
    assert.deepEqual(statementsOf(policyWith(DATA, chain)), [
      { Effect: 'Allow', Resource: [VAULT], ...next },
    ]);
    assert.match(policyWith(VAULT, chain) ?? '', /s3:GetObject/);
  });

  it("escapes special characters in the next role's path", () => {
    const hop = { arn: 'arn:aws:iam::210987654321:role/te*m/$?/lake-data' };
    assert.match(
      policyWith(LAKE, ['roles lake then', [hop]]) ?? '',
      /"Resource":"arn:aws:iam::210987654321:role\/te\$\{\*\}m\/\$\{\$\}\$\{\?\}\/lake-data"/,
    );
  });

  it("allows everything that the role's entries in the configuration require", () => {
    const policy = policyWith(LAKE, ['roles deep', { arn: LAKE, then: [{ arn: DATA }] }]);
    assert.match(policy ?? '', /s3:GetObject/);
    assert.match(
      policy ?? '',
      /"Action":"sts:AssumeRole","Resource":"arn:aws:iam::210987654321:role\/lake-data"/,
    );
  });

  it('does not exist if the role neither reads a bucket nor assumes another role', () => {
    assert.equal(policyWith(DATA), undefined);
    assert.equal(policyWith(DATA, ['roles unused', { arn: DATA }]), undefined);
  });
});
