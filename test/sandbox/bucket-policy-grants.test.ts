// In the sandbox, a session policy limits the access that a bucket policy grants in exactly the cases that AWS
// documents.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { allowing, assumed, control, keysOf, s3Client, sandboxFor, stsClient, type Keys } from './clients.ts';

const Bucket = 'acme-lake';
const LAKE = `arn:aws:s3:::${Bucket}`;
const ROLE = 'arn:aws:iam::123456789012:role/gcp-lake-read';
const SESSION = 'arn:aws:sts::123456789012:assumed-role/gcp-lake-read/reader@acme-prod';
const PARTNER = 'arn:aws:iam::210987654321:role/lake-data';
const OUTSIDE = 'raw/private/salaries.csv';
const NARROW = { Action: 's3:GetObject', Resource: `${LAKE}/raw/public/*` };

const grantInBucketPolicy = (sandbox: Sandbox, Principal: unknown, Condition?: object): Promise<unknown> =>
  control(sandbox, 'PUT', '/bucket-policy', {
    bucket: Bucket,
    policy: {
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Principal,
        Action: ['s3:GetObject', 's3:ListBucket'],
        Resource: [LAKE, `${LAKE}/*`],
        ...(Condition === undefined ? {} : { Condition }),
      },
    },
  });

const outcomeOf = (keys: Keys, sandbox: Sandbox): Promise<string> =>
  s3Client(sandbox, keys)
    .send(new GetObjectCommand({ Bucket, Key: OUTSIDE }))
    .then(
      () => 'read',
      (error: unknown) => (error as Error).message.replace(/^.*"(?: |$)/, ''),
    );

const UNLIMITED = [
  ['everyone if aws:PrincipalArn is the role', '*', { ArnEquals: { 'aws:PrincipalArn': ROLE } }],
  [
    'every AWS principal of the account',
    { AWS: '*' },
    { StringEquals: { 'aws:PrincipalAccount': '123456789012' } },
  ],
  ['the ARN of the session', { AWS: SESSION }, undefined],
] as const;

for (const [whom, principal, condition] of UNLIMITED) {
  test(`a session policy does not limit what a bucket policy grants to ${whom}`, async (context) => {
    const sandbox = await sandboxFor(context);
    await grantInBucketPolicy(sandbox, principal, condition);
    const keys = await assumed(sandbox, { policy: allowing(NARROW) });
    assert.equal(await outcomeOf(keys, sandbox), 'read');
    await s3Client(sandbox, keys).send(new ListObjectsV2Command({ Bucket }));
  });

  test(`a Deny in the session policy limits what a bucket policy grants to ${whom}`, async (context) => {
    const sandbox = await sandboxFor(context);
    await grantInBucketPolicy(sandbox, principal, condition);
    const deny = { Effect: 'Deny', Action: 's3:GetObject', NotResource: NARROW.Resource };
    const keys = await assumed(sandbox, {
      policy: JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...NARROW }, deny] }),
    });
    assert.equal(await outcomeOf(keys, sandbox), 'with an explicit deny in a session policy');
  });
}

for (const [whom, principal] of [
  ['the role', { AWS: ROLE }],
  ['the account', { AWS: '123456789012' }],
] as const) {
  test(`a session policy limits what a bucket policy grants to ${whom}`, async (context) => {
    const sandbox = await sandboxFor(context);
    await grantInBucketPolicy(sandbox, principal);
    const keys = await assumed(sandbox, { policy: allowing(NARROW) });
    assert.equal(await outcomeOf(keys, sandbox), 'because no session policy allows the s3:GetObject action');
  });
}

test('a session policy limits everything that a bucket policy grants to another account', async (context) => {
  const sandbox = await sandboxFor(context);
  const sts = stsClient(sandbox, await assumed(sandbox));
  const hop = { RoleArn: PARTNER, RoleSessionName: 'reader', ExternalId: '7f3c' };
  const wide = keysOf((await sts.send(new AssumeRoleCommand(hop))).Credentials);
  const narrow = keysOf(
    (await sts.send(new AssumeRoleCommand({ ...hop, Policy: allowing(NARROW) }))).Credentials,
  );
  const partnerSession = 'arn:aws:sts::210987654321:assumed-role/lake-data/reader';
  for (const principal of ['*', { AWS: partnerSession }]) {
    await grantInBucketPolicy(sandbox, principal);
    assert.equal(await outcomeOf(wide, sandbox), 'read');
    assert.equal(await outcomeOf(narrow, sandbox), 'Access Denied');
  }
});
