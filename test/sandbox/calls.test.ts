// The control API lists the requests to each upstream, without secrets.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { ask, assumed, control, identityToken, s3Client, sandboxFor } from './clients.ts';

type Calls = Record<string, Record<string, unknown>[]>;

test('/calls lists the requests to each upstream, without secrets', async (context) => {
  const sandbox = await sandboxFor(context);
  const { contract } = sandbox;
  const token = await identityToken(sandbox, 'default', contract.awsAudience);
  const keys = await assumed(sandbox, { token, session: 'one', seconds: 900 });
  const { Body } = await s3Client(sandbox, keys).send(
    new GetObjectCommand({ Bucket: contract.bucket, Key: 'README.txt' }),
  );
  await Body?.transformToString();
  await ask(contract.sts, `/?Action=AssumeRoleWithWebIdentity&WebIdentityToken=${token}`);
  await ask(
    contract.s3,
    `/b/k?X-Amz-Security-Token=secret-token&X-Amz-Signature=secret-signature&versionId=1`,
  );
  const calls = (await control(sandbox, 'GET', '/calls')) as Calls;
  assert.match(String(calls['metadata']?.[0]?.['path']), /default\/identity\?audience=fedbridge/);
  const { action, roleArn, roleSessionName, durationSeconds, status } = calls['sts']?.[0] ?? {};
  assert.deepEqual(
    [action, roleArn, roleSessionName, durationSeconds, status],
    ['AssumeRoleWithWebIdentity', contract.role, 'one', 900, 200],
  );
  const [got, presigned] = calls['s3'] ?? [];
  assert.equal(got?.['path'], `/${contract.bucket}/README.txt?x-id=GetObject`);
  assert.deepEqual(
    [got['accessKeyId'], got['roleSessionName'], got['status']],
    [keys.accessKeyId, 'one', 200],
  );
  assert.equal(presigned?.['path'], '/b/k?versionId=1');
  const written = JSON.stringify(calls);
  for (const secret of [
    token,
    keys.secretAccessKey,
    keys.sessionToken ?? '',
    'secret-token',
    'secret-signature',
    'AWS4-HMAC',
  ]) {
    assert.ok(!written.includes(secret));
  }
  await control(sandbox, 'DELETE', '/calls');
  assert.deepEqual(await control(sandbox, 'GET', '/calls'), {
    metadata: [],
    certs: [],
    sts: [],
    s3: [],
    issuer: [],
  });
});
