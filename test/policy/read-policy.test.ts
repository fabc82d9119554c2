// The permission policy that a role needs. That it equals Terraform's is tested in test/terraform/read-policies.slow.ts.
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

describe('the policy of a role', () => {
  it('allows each action on what is granted, and decrypting by S3 alone', () => {
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
        // No policy of a role can hold the Cyrillic letters.
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

  it('allows to read no key twice if a grant covers another', () => {
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

  it('in the middle of a chain allows what comes along from an earlier hop', () => {
    const tagged = { arn: DATA, tags: { team: 'data' }, transitiveTags: ['team'], sourceIdentity: 'caller' };
    const chain: Change = ['roles lake then', [tagged, { arn: VAULT }]];
    const next = { Action: ['sts:AssumeRole', 'sts:SetSourceIdentity', 'sts:TagSession'], Condition: [] };
    assert.deepEqual(statementsOf(policyWith(LAKE, chain)), [{ Effect: 'Allow', Resource: [DATA], ...next }]);
    assert.deepEqual(statementsOf(policyWith(DATA, chain)), [
      { Effect: 'Allow', Resource: [VAULT], ...next },
    ]);
    assert.match(policyWith(VAULT, chain) ?? '', /s3:GetObject/);
  });

  it("takes the characters of the next role's path as they are", () => {
    const hop = { arn: 'arn:aws:iam::210987654321:role/te*m/$?/lake-data' };
    assert.match(
      policyWith(LAKE, ['roles lake then', [hop]]) ?? '',
      /"Resource":"arn:aws:iam::210987654321:role\/te\$\{\*\}m\/\$\{\$\}\$\{\?\}\/lake-data"/,
    );
  });

  it('has what each entry of the configuration needs that assumes it', () => {
    const policy = policyWith(LAKE, ['roles deep', { arn: LAKE, then: [{ arn: DATA }] }]);
    assert.match(policy ?? '', /s3:GetObject/);
    assert.match(
      policy ?? '',
      /"Action":"sts:AssumeRole","Resource":"arn:aws:iam::210987654321:role\/lake-data"/,
    );
  });

  it('does not exist for a role that reads and assumes nothing', () => {
    assert.equal(policyWith(DATA), undefined);
    assert.equal(policyWith(DATA, ['roles unused', { arn: DATA }]), undefined);
  });
});
