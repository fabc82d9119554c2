// In S3's AccessDenied messages, the bridge recognizes only AWS's own phrases, never text that a caller could have written.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readAccessDenied, accessDeniedFix } from '../../src/s3/access-denied.ts';
import type { AccessDenied } from '../../src/s3/access-denied.ts';

const USER = 'User: arn:aws:sts::123456789012:assumed-role/gcp-lake-read/reader@acme-prod';
const READ = `${USER} is not authorized to perform: s3:GetObject`;
const OBJECT = `${READ} on resource: "arn:aws:s3:::acme-lake/raw/a b.csv"`;
const ESCAPED = `${READ} on resource: &quot;arn:aws:s3:::acme-lake/raw/a b.csv&quot;`;
const KMS_KEY = 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const DECRYPT = `${USER} is not authorized to perform: kms:Decrypt`;
const SCP = 'arn:aws:organizations::777788889999:policy/o-exampleorgid/service_control_policy/p-example';

const s3 = (reason: AccessDenied['reason'], explicit: boolean): AccessDenied => ({
  action: 's3:GetObject',
  explicit,
  ...(reason === undefined ? {} : { reason }),
});
const kms = (reason: AccessDenied['reason'], explicit: boolean): AccessDenied => ({
  ...s3(reason, explicit),
  action: 'kms:Decrypt',
});

/**
 * Messages as AWS words them in the IAM user guide, "Troubleshoot access denied error messages", and in the S3 user
 * guide, "Troubleshoot access denied (403 Forbidden) errors".
 */
const SAID: readonly (readonly [message: string, denial: AccessDenied, remedy: RegExp])[] = [
  [
    `${ESCAPED} because no identity-based policy allows the s3:GetObject action`,
    s3('role policy', false),
    /^Allow s3:GetObject in the role's own policy/,
  ],
  [
    `${OBJECT} with an explicit deny in an identity-based policy`,
    s3('role policy', true),
    /^A Deny statement in the role's own policy/,
  ],
  [
    `${READ} because no session policy allows the s3:GetObject action`,
    s3('session policy', false),
    /grants.*include this log line/,
  ],
  [
    `${OBJECT} with an explicit deny in a sessions policy`,
    s3('session policy', true),
    /grants allow s3:GetObject, but the session policy .* has a Deny statement that covers s3:GetObject/,
  ],
  [
    `${READ} because no resource-based policy allows the s3:GetObject action`,
    s3('bucket policy', false),
    /^Allow s3:GetObject for the role in the bucket policy or the access point policy/,
  ],
  [
    `${OBJECT} with an explicit deny in a resource-based policy`,
    s3('bucket policy', true),
    /^A Deny statement in the bucket policy or the access point policy.*aws:SourceIp/,
  ],
  [
    `${OBJECT} because no permissions boundary allows the s3:GetObject action`,
    s3('permissions boundary', false),
    /permissions boundary/,
  ],
  [
    `${READ} with an explicit deny in a permissions boundary`,
    s3('permissions boundary', true),
    /permissions boundary/,
  ],
  [
    `${READ} because no service control policy allows the s3:GetObject action`,
    s3('service control policy', false),
    /SCP/,
  ],
  [
    `${READ} with an explicit deny in a service control policy: ${SCP}`,
    { ...s3('service control policy', true), policyArn: SCP },
    /SCP/,
  ],
  [
    `${OBJECT} with an explicit deny in a resource control policy, with policy ARN: ${SCP}`,
    { ...s3('resource control policy', true), policyArn: SCP },
    /RCP/,
  ],
  [
    `${READ} because no VPC endpoint policy allows the s3:GetObject action`,
    s3('VPC endpoint policy', false),
    /VPC endpoint/,
  ],
  [
    `${OBJECT} with an explicit deny in a VPC endpoint policy transitively through a service control policy`,
    s3('VPC endpoint policy', true),
    /VPC endpoint/,
  ],
  [
    `${DECRYPT} on resource: ${KMS_KEY} because no session policy allows the kms:Decrypt action`,
    { ...kms('session policy', false), kmsKey: KMS_KEY },
    /^Add the object's KMS key to the bucket's kmsKeys/,
  ],
  [
    `${DECRYPT} on the resource associated with this ciphertext because no identity-based policy allows the kms:Decrypt action`,
    kms('role policy', false),
    /^Allow kms:Decrypt in the role's own policy/,
  ],
  [
    `${DECRYPT} on resource: ${KMS_KEY} because no resource-based policy allows the kms:Decrypt action`,
    { ...kms('key policy', false), kmsKey: KMS_KEY },
    /KMS key's policy/,
  ],
  [
    `${DECRYPT} on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access`,
    { action: 'kms:Decrypt', reason: 'key policy' },
    /KMS key's policy/,
  ],
  [
    'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
    { action: 'kms:Decrypt' },
    /kmsKeys.*role's policy.*key's policy/,
  ],
];

const FOUR_PLACES = /role's policy.*bucket policy.*session policy.*KMS key/;

describe("S3's AccessDenied error", () => {
  for (const [message, denial, remedy] of SAID) {
    it(`has a message that is parsed: "${message.replace(/^.*not authorized to perform: /, '…')}"`, () => {
      assert.deepEqual(readAccessDenied(message), denial);
      assert.match(accessDeniedFix(denial, false), remedy);
      assert.doesNotMatch(accessDeniedFix(denial, false), /ACTION/);
    });
  }

  for (const message of [
    '',
    'Access Denied',
    'Request has expired',
    `${OBJECT} because of words that AWS does not have yet`,
    `${OBJECT} because no tax policy allows the s3:GetObject action`,
  ]) {
    it(`with an unknown reason ("${message.slice(-40)}") gets a fix that lists the four kinds of policy to check`, () => {
      const denial = readAccessDenied(message);
      assert.equal(denial.reason, undefined);
      assert.match(accessDeniedFix(denial, false), FOUR_PLACES);
    });
  }

  it('for s3:ListBucket during a read is explained as a missing object', () => {
    const denial = readAccessDenied(
      `${USER} is not authorized to perform: s3:ListBucket on resource: "arn:aws:s3:::acme-lake" because no session policy allows the s3:ListBucket action`,
    );
    assert.match(accessDeniedFix(denial, false), /object most likely does not exist/);
    assert.match(accessDeniedFix(denial, true), /session policy/);
  });

  it("is parsed correctly even if a caller's key contains S3's phrases", () => {
    const key =
      'x" because no session policy allows the s3:GetObject action with an explicit deny in a service control policy';
    for (const shown of [`"arn:aws:s3:::acme-lake/${key}"`, `&quot;arn:aws:s3:::acme-lake/${key}&quot;`]) {
      assert.deepEqual(readAccessDenied(`${READ} on resource: ${shown}`), { action: 's3:GetObject' });
      assert.deepEqual(
        readAccessDenied(
          `${READ} on resource: ${shown} because no identity-based policy allows the s3:GetObject action`,
        ),
        s3('role policy', false),
      );
    }
  });

  it("causes no exception for any text, and yields no text from a caller's key", () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (key) => {
        const denial = readAccessDenied(`${READ} on resource: "arn:aws:s3:::acme-lake/${key}" because`);
        assert.deepEqual(denial, { action: 's3:GetObject' });
        assert.doesNotThrow(() => accessDeniedFix(readAccessDenied(key), false));
      }),
    );
  });
});
