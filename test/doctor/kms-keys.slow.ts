// `fedbridge doctor` reads KMS-encrypted objects, and reports which policy denies the key, or that the key is unusable.
import assert from 'node:assert/strict';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { after, afterEach, before, describe, it } from 'node:test';
import { s3Client } from '../sandbox/clients.ts';
import { firstWrong, lakeRole, openClinic, policyOf, withGrants } from './diagnosis.ts';
import type { Clinic } from './diagnosis.ts';

let clinic: Clinic;
before(async () => {
  clinic = await openClinic();
});
after(() => clinic.close());
afterEach(() => clinic.heal());

const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/lake';

const granting = (grants: readonly string[], fields = ''): readonly string[] =>
  clinic.configured(withGrants(clinic.contract, grants, { buckets: { 'acme-lake': fields } }));

describe('fedbridge doctor, with a KMS-encrypted bucket', () => {
  const SEALED = 'allow: [get, list], bucket: acme-lake, prefix: sealed/';
  const KMS_STEP = 'bucket acme-lake, sealed/';
  const withKeys = `kmsKeys: ["${KEY}"]`;
  before(async () => {
    await clinic.control('PUT', '/kms-keys', { arn: KEY });
    await s3Client(clinic.sandbox).send(
      new PutObjectCommand({
        Bucket: 'acme-lake',
        Key: 'sealed/one.csv',
        Body: 'sealed',
        ServerSideEncryption: 'aws:kms',
        SSEKMSKeyId: KEY,
      }),
    );
  });
  afterEach(() => clinic.control('PUT', '/kms-keys', { arn: KEY }));

  it('reports which KMS key a read used', async () => {
    const { code, steps } = await clinic.diagnose(granting([SEALED], withKeys));
    assert.equal(code, 0);
    assert.ok(steps.at(-1)?.found.includes(`reads with KMS key ${KEY}`), JSON.stringify(steps.at(-1)));
  });

  it('reports that the tested object needs no KMS key', async () => {
    const { steps } = await clinic.diagnose(
      granting(['allow: [get, list], bucket: acme-lake, prefix: raw/'], withKeys),
    );
    assert.match(steps.at(-1)?.found ?? '', /reads \(the object is not encrypted with any key in kmsKeys\)/);
  });

  const DENIED = [
    ['that kmsKeys does not include the key', '', () => Promise.resolve(), 'session policy', /kmsKeys/],
    [
      'that the role may not decrypt',
      withKeys,
      () =>
        clinic.control('PUT', '/roles', {
          ...lakeRole(),
          permissions: policyOf({
            Effect: 'Allow',
            Action: ['s3:GetObject', 's3:ListBucket'],
            Resource: '*',
          }),
        }),
      'role policy',
      /Allow kms:Decrypt in the role's own policy/,
    ],
    [
      "that the key's policy does not allow the role",
      withKeys,
      () =>
        clinic.control('PUT', '/kms-keys', {
          arn: KEY,
          policy: policyOf({
            Effect: 'Allow',
            Action: 'kms:*',
            Resource: '*',
            Principal: { AWS: 'arn:aws:iam::123456789012:role/another' },
          }),
        }),
      'key policy',
      /Allow kms:Decrypt for the role in the KMS key's policy/,
    ],
  ] as const;
  for (const [what, fields, arrange, reason, fix] of DENIED)
    it(`reports ${what}`, async () => {
      await arrange();
      const step = firstWrong(await clinic.diagnose(granting([SEALED], fields)), KMS_STEP);
      assert.deepEqual(
        [step.compared?.['key'], step.compared?.['action'], step.compared?.['reason']],
        ['sealed/one.csv', 'kms:Decrypt', reason],
      );
      assert.match(step.fix ?? '', fix);
    });

  const STATES = [
    ['Disabled', 'KMS.DisabledException', /aws kms enable-key/],
    ['PendingDeletion', 'KMS.KMSInvalidStateException', /aws kms cancel-key-deletion/],
    ['Deleted', 'AccessDenied', /The key must exist/],
  ] as const;
  for (const [state, code, fix] of STATES)
    it(`reports that the key is ${state}`, async () => {
      await clinic.control('PUT', '/kms-keys', { arn: KEY, state });
      const step = firstWrong(await clinic.diagnose(granting([SEALED], withKeys)), KMS_STEP);
      assert.ok(step.found.endsWith(code), step.found);
      assert.match(step.fix ?? '', fix);
    });
});
