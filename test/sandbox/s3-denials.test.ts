// If S3 denies a request, its error names the kind of policy in AWS's words, and shows whether that policy lacks an Allow
// statement or contains a Deny statement.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DeleteBucketPolicyCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
} from '@aws-sdk/client-s3';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import {
  allowing,
  ask,
  assumed,
  control,
  keysOf,
  s3Client,
  sandboxFor,
  stsClient,
  type Keys,
} from './clients.ts';

const LAKE = 'arn:aws:s3:::acme-lake';
const SESSION = 'arn:aws:sts::123456789012:assumed-role/gcp-lake-read/reader@acme-prod';
const PARTNER = 'arn:aws:iam::210987654321:role/lake-data';
const Bucket = 'acme-lake';
const Key = 'raw/public/orders.csv';

const get = (sandbox: Sandbox, keys: Keys, key = Key) =>
  s3Client(sandbox, keys).send(new GetObjectCommand({ Bucket, Key: key }));

/** @returns the part of the denial's message after its constant beginning */
async function reasonOf(promise: Promise<unknown>, resource = `${LAKE}/${Key}`, action = 's3:GetObject') {
  const beginning = `User: ${SESSION} is not authorized to perform: ${action} on resource: "${resource}" `;
  const error = await promise.then(
    () => new Error('it was allowed'),
    (problem: unknown) => problem as Error,
  );
  assert.equal(error.name, 'AccessDenied', error.message);
  assert.ok(error.message.startsWith(beginning), error.message);
  return error.message.slice(beginning.length);
}

const bucketPolicy = (sandbox: Sandbox, ...Statement: readonly object[]) =>
  control(sandbox, 'PUT', '/bucket-policy', { bucket: Bucket, policy: { Version: '2012-10-17', Statement } });

const role = (sandbox: Sandbox, ...Statement: readonly object[]) =>
  control(sandbox, 'PUT', '/roles', {
    arn: sandbox.contract.role,
    trust: {
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Principal: { Federated: 'accounts.google.com' },
        Action: 'sts:AssumeRoleWithWebIdentity',
      },
    },
    permissions: { Version: '2012-10-17', Statement },
  });

const NOTHING = { Effect: 'Allow', Action: 's3:ListAllMyBuckets', Resource: '*' };
const ALL = { Effect: 'Allow', Action: 's3:*', Resource: '*' };

test('a denial names the role policy if that policy lacks an Allow or has a Deny', async (context) => {
  const sandbox = await sandboxFor(context);
  const keys = await assumed(sandbox);
  await role(sandbox, NOTHING);
  assert.equal(
    await reasonOf(get(sandbox, keys)),
    'because no identity-based policy allows the s3:GetObject action',
  );
  await role(sandbox, ALL, { Effect: 'Deny', Action: 's3:GetObject', Resource: `${LAKE}/*` });
  assert.equal(await reasonOf(get(sandbox, keys)), 'with an explicit deny in an identity-based policy');
});

test('a denial names the session policy if that policy lacks an Allow or has a Deny', async (context) => {
  const sandbox = await sandboxFor(context);
  const silent = await assumed(sandbox, { policy: allowing({ Action: 's3:ListBucket', Resource: LAKE }) });
  assert.equal(
    await reasonOf(get(sandbox, silent)),
    'because no session policy allows the s3:GetObject action',
  );
  const policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [ALL, { Effect: 'Deny', Action: 's3:Get*', Resource: `${LAKE}/raw/*` }],
  });
  const denying = await assumed(sandbox, { policy });
  assert.equal(await reasonOf(get(sandbox, denying)), 'with an explicit deny in a session policy');
});

test('a Deny in the bucket policy applies to its principals, resources and conditions', async (context) => {
  const sandbox = await sandboxFor(context);
  const keys = await assumed(sandbox);
  const deny = (more: object) => ({ Effect: 'Deny', Action: 's3:GetObject', Resource: `${LAKE}/*`, ...more });
  const denied = 'with an explicit deny in a resource-based policy';
  for (const Principal of [
    '*',
    { AWS: '*' },
    { AWS: sandbox.contract.role },
    { AWS: SESSION },
    { AWS: 'arn:aws:iam::123456789012:root' },
    { AWS: '123456789012' },
  ]) {
    await bucketPolicy(sandbox, deny({ Principal }));
    assert.equal(await reasonOf(get(sandbox, keys)), denied, JSON.stringify(Principal));
  }
  const elsewhere = { NotIpAddress: { 'aws:SourceIp': ['203.0.113.0/24'] } };
  await bucketPolicy(sandbox, deny({ Principal: '*', Condition: elsewhere }));
  assert.equal(await reasonOf(get(sandbox, keys)), denied);
  for (const statement of [
    deny({ Principal: '*', Condition: { NotIpAddress: { 'aws:SourceIp': ['127.0.0.0/8'] } } }),
    deny({ Principal: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
    deny({ Principal: { AWS: PARTNER } }),
    deny({ Principal: '*', Resource: `${LAKE}/raw/private/*` }),
  ]) {
    await bucketPolicy(sandbox, statement);
    await get(sandbox, keys);
  }
  await control(sandbox, 'PUT', '/bucket-policy', { bucket: Bucket, policy: null });
  await get(sandbox, keys);
});

test('a bucket policy can grant access to a role that has no policy of its own, but not beyond the session policy', async (context) => {
  const sandbox = await sandboxFor(context);
  await role(sandbox, NOTHING);
  const allow = { Effect: 'Allow', Action: 's3:GetObject', Resource: `${LAKE}/*` };
  await bucketPolicy(sandbox, { ...allow, Principal: { AWS: sandbox.contract.role } });
  await get(sandbox, await assumed(sandbox));
  const narrowed = await assumed(sandbox, { policy: allowing({ Action: 's3:ListBucket', Resource: LAKE }) });
  assert.equal(
    await reasonOf(get(sandbox, narrowed)),
    'because no session policy allows the s3:GetObject action',
  );
  // An Allow statement for the whole account delegates the decision to the role's own policy.
  await bucketPolicy(sandbox, { ...allow, Principal: { AWS: '123456789012' } });
  assert.equal(
    await reasonOf(get(sandbox, await assumed(sandbox))),
    'because no identity-based policy allows the s3:GetObject action',
  );
});

test('a role in another account needs a bucket policy that allows the request, and a denial does not include the reason', async (context) => {
  const sandbox = await sandboxFor(context);
  const hop = new AssumeRoleCommand({ RoleArn: PARTNER, RoleSessionName: 'reader', ExternalId: '7f3c' });
  const partner = keysOf((await stsClient(sandbox, await assumed(sandbox)).send(hop)).Credentials);
  const allow = { Effect: 'Allow', Action: 's3:GetObject', Resource: `${LAKE}/*` };
  await get(sandbox, partner);
  await bucketPolicy(sandbox, { ...allow, Principal: { AWS: sandbox.contract.role } });
  await assert.rejects(get(sandbox, partner), { name: 'AccessDenied', message: 'Access Denied' });
  for (const AWS of [PARTNER, 'arn:aws:iam::210987654321:root']) {
    await bucketPolicy(sandbox, { ...allow, Principal: { AWS } });
    await get(sandbox, partner);
  }
  await bucketPolicy(sandbox, { ...allow, Effect: 'Deny', Principal: '*' });
  await assert.rejects(get(sandbox, partner), { name: 'AccessDenied', message: 'Access Denied' });
});

test('the error for a denied listing or a missing key mentions s3:ListBucket', async (context) => {
  const sandbox = await sandboxFor(context);
  const keys = await assumed(sandbox, {
    policy: allowing({ Action: 's3:GetObject', Resource: `${LAKE}/*` }),
  });
  const silence = 'because no session policy allows the s3:ListBucket action';
  const list = s3Client(sandbox, keys).send(new ListObjectsV2Command({ Bucket }));
  assert.equal(await reasonOf(list, LAKE, 's3:ListBucket'), silence);
  assert.equal(await reasonOf(get(sandbox, keys, 'none'), LAKE, 's3:ListBucket'), silence);
});

test('the owner can put, read and delete a bucket policy as in S3', async (context) => {
  const sandbox = await sandboxFor(context);
  const owner = s3Client(sandbox);
  const read = () => owner.send(new GetBucketPolicyCommand({ Bucket }));
  const put = (Policy: string) => owner.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  await assert.rejects(read(), { name: 'NoSuchBucketPolicy' });
  const statement = { Effect: 'Deny', Principal: '*', Action: 's3:GetObject', Resource: `${LAKE}/*` };
  const policy = JSON.stringify({ Version: '2012-10-17', Statement: statement });
  await put(policy);
  assert.equal((await read()).Policy, policy);
  for (const bad of [
    '{}',
    policy.replace('acme-lake', 'other'),
    policy.replace('"Principal":"*",', ''),
    policy.replace('s3:GetObject', 'GetObject'),
  ])
    await assert.rejects(put(bad), { name: 'MalformedPolicy' }, bad);
  await owner.send(new DeleteBucketPolicyCommand({ Bucket }));
  await assert.rejects(read(), { name: 'NoSuchBucketPolicy' });
  const reader = s3Client(sandbox, await assumed(sandbox));
  await assert.rejects(reader.send(new GetBucketPolicyCommand({ Bucket })), { name: 'AccessDenied' });
});

test("the sandbox's control port rejects policies that IAM would reject", async (context) => {
  const { contract } = await sandboxFor(context);
  const body = JSON.stringify({ bucket: Bucket, policy: { Version: '2012-10-17', Statement: [] } });
  const headers = { 'content-type': 'application/json' };
  const { status, text } = await ask(contract.control, '/bucket-policy', { method: 'PUT', headers, body });
  assert.deepEqual([status, (JSON.parse(text) as { field: string }).field], [400, 'policy']);
});
