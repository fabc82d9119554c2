// Only callers that may decrypt with the KMS key can read an encrypted object, and others get the same error as from
// S3.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { allowing, assumed, control, keysOf, s3Client, sandboxFor, stsClient, type Keys } from './clients.ts';

const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/lake-1';
const SESSION = 'arn:aws:sts::123456789012:assumed-role/gcp-lake-read/reader@acme-prod';
const Bucket = 'acme-lake';
const Key = 'raw/sealed.csv';
const UNKNOWN =
  'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.';
const VIA_S3 = { StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } };

const setKey = (sandbox: Sandbox, fields: object = {}) =>
  control(sandbox, 'PUT', '/kms-keys', { arn: KEY, ...fields });

const put = (sandbox: Sandbox, more: Partial<PutObjectCommandInput> = {}) =>
  s3Client(sandbox).send(
    new PutObjectCommand({
      Bucket,
      Key,
      Body: 'sealed',
      ServerSideEncryption: 'aws:kms',
      SSEKMSKeyId: KEY,
      ...more,
    }),
  );

const get = (sandbox: Sandbox, keys: Keys) =>
  s3Client(sandbox, keys).send(new GetObjectCommand({ Bucket, Key }));

const role = (sandbox: Sandbox, ...more: readonly object[]) =>
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
    permissions: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }, ...more],
    },
  });

const decrypts = (more: object = {}) => ({ Effect: 'Allow', Action: 'kms:Decrypt', Resource: KEY, ...more });

/** Starts a sandbox that contains an object encrypted with the key. */
async function sealed(context: Parameters<typeof sandboxFor>[0]): Promise<Sandbox> {
  const sandbox = await sandboxFor(context);
  await setKey(sandbox);
  await put(sandbox);
  return sandbox;
}

const denied = (reason: string) => ({
  name: 'AccessDenied',
  message: `User: ${SESSION} is not authorized to perform: kms:Decrypt on resource: ${KEY} ${reason}`,
});

test('the role policy and the session policy must both allow kms:Decrypt through S3', async (context) => {
  const sandbox = await sealed(context);
  const s3Alone = allowing({ Action: 's3:GetObject', Resource: '*' });
  await get(sandbox, await assumed(sandbox));
  await role(sandbox);
  await assert.rejects(
    get(sandbox, await assumed(sandbox)),
    denied('because no identity-based policy allows the kms:Decrypt action'),
  );
  await role(sandbox, decrypts({ Condition: VIA_S3 }));
  await get(sandbox, await assumed(sandbox));
  await assert.rejects(
    get(sandbox, await assumed(sandbox, { policy: s3Alone })),
    denied('because no session policy allows the kms:Decrypt action'),
  );
  const both = allowing(
    { Action: 's3:GetObject', Resource: '*' },
    { Action: 'kms:Decrypt', Resource: KEY, Condition: VIA_S3 },
  );
  const answer = await get(sandbox, await assumed(sandbox, { policy: both }));
  assert.equal(await answer.Body?.transformToString(), 'sealed');
  const elsewhere = { StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com' } };
  await role(sandbox, decrypts({ Condition: elsewhere }));
  await assert.rejects(
    get(sandbox, await assumed(sandbox)),
    denied('because no identity-based policy allows the kms:Decrypt action'),
  );
  await role(sandbox, decrypts(), { Effect: 'Deny', Action: 'kms:*', Resource: '*' });
  await assert.rejects(
    get(sandbox, await assumed(sandbox)),
    denied('with an explicit deny in an identity-based policy'),
  );
});

test('the KMS key policy must allow the role to decrypt, or delegate the decision to IAM', async (context) => {
  const sandbox = await sealed(context);
  await role(sandbox, decrypts());
  const keys = await assumed(sandbox);
  const statement = (more: object) => ({ Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*', ...more });
  const policy = (...Statement: object[]) => ({ policy: { Version: '2012-10-17', Statement } });
  await setKey(sandbox, policy(statement({ Principal: { AWS: 'arn:aws:iam::123456789012:user/owner' } })));
  await assert.rejects(
    get(sandbox, keys),
    denied('because no resource-based policy allows the kms:Decrypt action'),
  );
  await setKey(sandbox, policy(statement({ Principal: '*' }), statement({ Effect: 'Deny', Principal: '*' })));
  await assert.rejects(get(sandbox, keys), denied('with an explicit deny in a resource-based policy'));
  // If the key policy names the role, the role's own policy need not allow kms:Decrypt.
  await setKey(sandbox, policy(statement({ Principal: { AWS: sandbox.contract.role } })));
  await role(sandbox);
  await get(sandbox, keys);
});

test('KMS keys that are disabled, pending deletion or deleted each cause a different error', async (context) => {
  const sandbox = await sealed(context);
  await role(sandbox, decrypts());
  const keys = await assumed(sandbox);
  await setKey(sandbox, { state: 'Disabled' });
  await assert.rejects(get(sandbox, keys), {
    name: 'KMS.DisabledException',
    message: `${KEY} is disabled.`,
  });
  await setKey(sandbox, { state: 'PendingDeletion' });
  await assert.rejects(get(sandbox, keys), { name: 'KMS.KMSInvalidStateException' });
  await setKey(sandbox, { state: 'Deleted' });
  await assert.rejects(get(sandbox, keys), { name: 'AccessDenied', message: UNKNOWN });
  await setKey(sandbox);
  await get(sandbox, keys);
});

test('a denial does not name the KMS key if the role belongs to a different account', async (context) => {
  const sandbox = await sealed(context);
  const RoleArn = 'arn:aws:iam::210987654321:role/lake-data';
  const hop = new AssumeRoleCommand({ RoleArn, RoleSessionName: 'reader', ExternalId: '7f3c' });
  await control(sandbox, 'PUT', '/roles', {
    arn: RoleArn,
    trust: {
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' },
    },
    permissions: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } },
  });
  const partner = keysOf((await stsClient(sandbox, await assumed(sandbox)).send(hop)).Credentials);
  await assert.rejects(get(sandbox, partner), { name: 'AccessDenied', message: UNKNOWN });
});

test('responses name the KMS key, and HEAD requires permission to decrypt only if it requests a checksum', async (context) => {
  const sandbox = await sealed(context);
  await put(sandbox, { BucketKeyEnabled: true, ChecksumAlgorithm: 'SHA256' });
  const keys = await assumed(sandbox);
  const head = (more: object = {}) =>
    s3Client(sandbox, keys).send(new HeadObjectCommand({ Bucket, Key, ...more }));
  const { ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled, ETag } = await head();
  assert.deepEqual([ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled], ['aws:kms', KEY, true]);
  assert.notEqual(
    ETag,
    (await put(sandbox, { ServerSideEncryption: 'AES256', SSEKMSKeyId: undefined })).ETag,
  );
  await put(sandbox, { ChecksumAlgorithm: 'SHA256' });
  await role(sandbox);
  await head();
  await assert.rejects(
    head({ ChecksumMode: 'ENABLED' }),
    (error: { $metadata?: { httpStatusCode?: number } }) => {
      assert.equal(error.$metadata?.httpStatusCode, 403);
      return true;
    },
  );
});

test('a KMS key can encrypt only objects in its own region, and aws/s3 is the default key', async (context) => {
  const sandbox = await sealed(context);
  await assert.rejects(put(sandbox, { SSEKMSKeyId: 'other' }), { name: 'KMS.NotFoundException' });
  const elsewhere = KEY.replace('eu-west-1', 'us-east-1');
  await setKey(sandbox, { arn: elsewhere });
  await assert.rejects(put(sandbox, { SSEKMSKeyId: elsewhere }), { name: 'KMS.NotFoundException' });
  assert.equal((await put(sandbox, { SSEKMSKeyId: 'lake-1' })).SSEKMSKeyId, KEY);
  await put(sandbox, { SSEKMSKeyId: undefined });
  await get(sandbox, await assumed(sandbox));
});
