// The sandbox can reproduce real failures: every STS error code, and each problem that `fedbridge doctor` must detect.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateBucketCommand, GetObjectCommand, HeadBucketCommand } from '@aws-sdk/client-s3';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { ask, assumed, claimsOf, control, identityToken, s3Client, sandboxFor } from './clients.ts';

const fault = (sandbox: Sandbox, fields: object) => control(sandbox, 'PUT', '/faults', fields);
const metadata = (sandbox: Sandbox, path: string) =>
  ask(sandbox.contract.metadata, `/computeMetadata/v1/instance/service-accounts/${path}`, {
    headers: { 'metadata-flavor': 'Google' },
  });

async function answerOf(promise: Promise<unknown>): Promise<[name: string, status: number, message: string]> {
  const error = (await promise.then(
    () => new Error('the request was allowed'),
    (problem: unknown) => problem,
  )) as Error & { $metadata?: { httpStatusCode?: number } };
  return [error.name.replace(/Exception$/, ''), error.$metadata?.httpStatusCode ?? 0, error.message];
}

test('every error code of AssumeRoleWithWebIdentity can be injected, with its status and any message', async (context) => {
  const sandbox = await sandboxFor(context);
  const codes: readonly (readonly [code: string, status: number])[] = [
    ['IDPCommunicationError', 400],
    ['InvalidIdentityToken', 400],
    ['ExpiredTokenException', 400],
    ['IDPRejectedClaim', 403],
    ['AccessDenied', 403],
    ['MalformedPolicyDocument', 400],
    ['PackedPolicyTooLarge', 400],
    ['RegionDisabledException', 403],
    ['ValidationError', 400],
    ['Throttling', 400],
    ['InternalFailure', 500],
    ['ServiceUnavailable', 503],
  ];
  const token = await identityToken(sandbox, 'default', sandbox.contract.awsAudience);
  for (const [code, status] of codes) {
    await fault(sandbox, { upstream: 'sts', fault: 'error', code, times: 1 });
    const [name, actual, message] = await answerOf(assumed(sandbox, { token }));
    assert.deepEqual([name, actual], [code.replace(/Exception$/, ''), status]);
    assert.ok(message !== '', code);
    await fault(sandbox, { upstream: 'sts', fault: 'error', code, message: `of ${code}`, times: 1 });
    assert.equal((await answerOf(assumed(sandbox, { token })))[2], `of ${code}`);
  }
  await assumed(sandbox, { token });
});

test('a re-created service account has a different unique ID, which does not match the trust policy', async (context) => {
  const sandbox = await sandboxFor(context);
  const { contract } = sandbox;
  const { email } = contract.serviceAccount;
  await identityToken(sandbox, 'default', contract.awsAudience);
  const uniqueId = '104815162342108150002';
  await control(sandbox, 'PUT', '/accounts', { email, uniqueId });
  for (const name of ['default', email]) {
    const { sub, azp } = claimsOf(await identityToken(sandbox, name, contract.awsAudience));
    assert.deepEqual([sub, azp], [uniqueId, uniqueId]);
  }
  assert.deepEqual((await answerOf(assumed(sandbox))).slice(0, 2), ['AccessDenied', 403]);
});

test('the metadata server of a machine without a service account responds with 404', async (context) => {
  const sandbox = await sandboxFor(context);
  const { email } = sandbox.contract.serviceAccount;
  await control(sandbox, 'PUT', '/accounts', { email, uniqueId: null });
  for (const path of ['default/identity?audience=fedbridge', 'default/email', `${email}/email`])
    assert.equal((await metadata(sandbox, path)).status, 404, path);
  assert.doesNotMatch((await metadata(sandbox, '')).text, /default|fedbridge/);
  const { status, text } = await ask(sandbox.contract.control, '/accounts', {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, uniqueId: 'x' }),
  });
  assert.deepEqual([status, (JSON.parse(text) as { field: string }).field], [400, 'uniqueId']);
});

test('a request for a missing key gets 403 if the role cannot list the bucket', async (context) => {
  const sandbox = await sandboxFor(context);
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
      Statement: { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::acme-lake/*' },
    },
  });
  const get = (Key: string) =>
    assumed(sandbox).then((keys) =>
      s3Client(sandbox, keys).send(new GetObjectCommand({ Bucket: 'acme-lake', Key })),
    );
  await get('raw/public/orders.csv');
  const [name, status, message] = await answerOf(get('none'));
  assert.deepEqual([name, status], ['AccessDenied', 403]);
  assert.match(message, /because no identity-based policy allows the s3:ListBucket action$/);
});

test('the sandbox can simulate a bucket that is in a different region or missing', async (context) => {
  const sandbox = await sandboxFor(context);
  await s3Client(sandbox).send(
    new CreateBucketCommand({
      Bucket: 'acme-far',
      CreateBucketConfiguration: { LocationConstraint: 'us-east-2' },
    }),
  );
  const s3 = s3Client(sandbox, await assumed(sandbox));
  const status = async (Bucket: string) => (await answerOf(s3.send(new HeadBucketCommand({ Bucket }))))[1];
  assert.deepEqual([await status('acme-far'), await status('acme-none')], [301, 404]);
});

test('STS and S3 refuse connections if egress is blocked', async (context) => {
  const sandbox = await sandboxFor(context);
  for (const upstream of ['sts', 's3']) await fault(sandbox, { upstream: upstream, fault: 'refuse' });
  for (const origin of [sandbox.contract.sts, sandbox.contract.s3])
    await assert.rejects(ask(origin, '/'), { code: 'ECONNREFUSED' });
});
