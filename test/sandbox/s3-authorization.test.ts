// A session may do only what both its role and its session policy allow.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { allowing, assumed, control, s3Client, sandboxFor } from './clients.ts';

const LAKE = 'arn:aws:s3:::acme-lake';
const SCOPED = allowing(
  { Action: 's3:GetObject', Resource: `${LAKE}/raw/public/*` },
  { Action: 's3:ListBucket', Resource: LAKE, Condition: { StringLike: { 's3:prefix': 'raw/public/*' } } },
);

test('a session policy limits access to its prefix, and the denial names the role', async (context) => {
  const sandbox = await sandboxFor(context);
  const s3 = s3Client(sandbox, await assumed(sandbox, { policy: SCOPED }));
  const get = (Key: string) => s3.send(new GetObjectCommand({ Bucket: 'acme-lake', Key }));
  const list = (Prefix?: string) => s3.send(new ListObjectsV2Command({ Bucket: 'acme-lake', Prefix }));
  await get('raw/public/orders.csv');
  await assert.rejects(get('raw/private/salaries.csv'), {
    name: 'AccessDenied',
    message:
      'User: arn:aws:sts::123456789012:assumed-role/gcp-lake-read/reader@acme-prod is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::acme-lake/raw/private/salaries.csv" because no session policy allows the s3:GetObject action',
  });
  assert.equal((await list('raw/public/')).KeyCount, 2);
  await assert.rejects(list('raw/'), { name: 'AccessDenied' });
  await assert.rejects(list(), { name: 'AccessDenied' });
});

test('a missing key is reported as missing only to callers that may list it', async (context) => {
  const sandbox = await sandboxFor(context);
  const get = async (policy: string, Key: string) =>
    s3Client(sandbox, await assumed(sandbox, { policy })).send(
      new GetObjectCommand({ Bucket: 'acme-lake', Key }),
    );
  await assert.rejects(get(SCOPED, 'raw/public/none'), { name: 'NoSuchKey' });
  const getAlone = allowing({ Action: 's3:GetObject', Resource: `${LAKE}/*` });
  await assert.rejects(get(getAlone, 'raw/public/none'), { name: 'AccessDenied' });
});

test('a policy variable for a wildcard matches only the literal character', async (context) => {
  const sandbox = await sandboxFor(context);
  const owner = s3Client(sandbox);
  for (const Key of ['a*b', 'axb', 'a$b', 'a?b'])
    await owner.send(new PutObjectCommand({ Bucket: 'acme-lake', Key, Body: 'x' }));
  const policy = allowing({ Action: 's3:GetObject', Resource: `${LAKE}/a\${*}b` });
  const s3 = s3Client(sandbox, await assumed(sandbox, { policy }));
  await s3.send(new GetObjectCommand({ Bucket: 'acme-lake', Key: 'a*b' }));
  for (const Key of ['axb', 'a$b', 'a?b']) {
    await assert.rejects(s3.send(new GetObjectCommand({ Bucket: 'acme-lake', Key })), {
      name: 'AccessDenied',
    });
  }
});

test('a session policy cannot grant more permissions than the role has', async (context) => {
  const sandbox = await sandboxFor(context);
  const s3 = s3Client(sandbox, await assumed(sandbox, { policy: allowing({ Action: '*', Resource: '*' }) }));
  await assert.rejects(s3.send(new PutObjectCommand({ Bucket: 'acme-lake', Key: 'x', Body: 'x' })), {
    name: 'AccessDenied',
  });
  await assert.rejects(s3.send(new DeleteObjectCommand({ Bucket: 'acme-lake', Key: 'x' })), {
    name: 'AccessDenied',
  });
  await s3Client(sandbox).send(new CreateBucketCommand({ Bucket: 'acme-sealed' }));
  await assert.rejects(
    s3.send(new ListObjectsV2Command({ Bucket: 'acme-sealed' })),
    /explicit deny in an identity-based policy/,
  );
});

test("a change to the role's permissions applies to existing sessions immediately", async (context) => {
  const sandbox = await sandboxFor(context);
  const s3 = s3Client(sandbox, await assumed(sandbox));
  const get = () => s3.send(new GetObjectCommand({ Bucket: 'acme-lake', Key: 'README.txt' }));
  await get();
  const statement = (more: object) => ({ Action: 's3:*', Resource: '*', ...more });
  const now = new Date(Date.now() + 1000).toISOString();
  await control(sandbox, 'PUT', '/roles', {
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
      Statement: [
        statement({ Effect: 'Allow' }),
        statement({ Effect: 'Deny', Condition: { DateLessThan: { 'aws:TokenIssueTime': now } } }),
      ],
    },
  });
  await assert.rejects(get(), { name: 'AccessDenied' });
});
