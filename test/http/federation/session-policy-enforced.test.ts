// Even if someone obtains the AWS credentials for a caller's session, the session allows nothing beyond the caller's grants.
import assert from 'node:assert/strict';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { after, before, describe, it } from 'node:test';
import { request } from '../../support/http-request.ts';
import { READABLE, sessionsAtSts } from '../../support/sessions-at-sts.ts';
import { startWire } from '../../support/wire.ts';
import type { CallerName, Wire } from '../../support/wire.ts';

describe("a caller's AWS session", () => {
  let wire: Wire;
  let scoped: S3Client;
  before(async () => {
    wire = await startWire();
    scoped = await sessionOf('scoped');
  });
  after(() => wire.close());

  /** @returns an S3 client whose credentials come from the same STS request that the bridge sends for the caller */
  const sessionOf = async (caller: CallerName): Promise<S3Client> => {
    await wire.forgetCalls();
    assert.equal((await wire.get(READABLE, { as: caller })).status, 200);
    const [call] = await sessionsAtSts(wire);
    assert.ok(call !== undefined);
    const { metadata, sts, s3, region, awsAudience } = wire.sandbox.contract;
    const path = `/computeMetadata/v1/instance/service-accounts/default/identity?audience=${awsAudience}&format=full`;
    const own = await request(metadata, path, { headers: { 'Metadata-Flavor': 'Google' } });
    const { Credentials: issued } = await new STSClient({ endpoint: sts, region }).send(
      new AssumeRoleWithWebIdentityCommand({
        RoleArn: call.roleArn,
        RoleSessionName: call.roleSessionName,
        Policy: call.policy,
        DurationSeconds: call.durationSeconds,
        WebIdentityToken: own.text,
      }),
    );
    assert.ok(issued?.AccessKeyId !== undefined && issued.SecretAccessKey !== undefined);
    return new S3Client({
      endpoint: s3,
      region,
      forcePathStyle: true,
      credentials: {
        accessKeyId: issued.AccessKeyId,
        secretAccessKey: issued.SecretAccessKey,
        ...(issued.SessionToken === undefined ? {} : { sessionToken: issued.SessionToken }),
      },
    });
  };
  const statusOf = (response: Promise<{ $metadata: { httpStatusCode?: number } }>): Promise<unknown> =>
    response.then(
      ({ $metadata }) => $metadata.httpStatusCode,
      (error: unknown) => (error as Error).name,
    );
  const get = (s3: S3Client, key: string, bucket = 'acme-lake'): Promise<unknown> =>
    statusOf(s3.send(new GetObjectCommand({ Bucket: bucket, Key: key })));
  const list = (s3: S3Client, prefix: string): Promise<unknown> =>
    statusOf(s3.send(new ListObjectsV2Command({ Bucket: 'acme-lake', Prefix: prefix })));

  it('with a grant on a prefix can read and list only below that prefix', async () => {
    const s3 = scoped;
    assert.equal(await get(s3, 'raw/public/orders.csv'), 200);
    assert.equal(await list(s3, 'raw/public/'), 200);
    for (const key of ['raw/private/salaries.csv', 'README.txt', 'raw/public'])
      assert.equal(await get(s3, key), 'AccessDenied', key);
    for (const prefix of ['', 'raw/', 'raw/public', 'raw/private/'])
      assert.equal(await list(s3, prefix), 'AccessDenied', prefix);
  });

  it('with a grant on a bucket can read that whole bucket, but no other bucket, even if the role can read others', async () => {
    const { s3: endpoint, region, owner: credentials } = wire.sandbox.contract;
    const owner = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    await owner.send(new CreateBucketCommand({ Bucket: 'acme-other' }));
    await owner.send(new PutObjectCommand({ Bucket: 'acme-other', Key: 'a', Body: 'a' }));
    const s3 = await sessionOf('reader');
    assert.equal(await get(s3, 'raw/private/salaries.csv'), 200);
    assert.equal(await list(s3, ''), 200);
    assert.equal(await get(s3, 'a', 'acme-other'), 'AccessDenied');
  });

  it('can read and list only below its prefix and cannot write, even if a bucket policy grants more', async (test) => {
    const setPolicy = (policy: object | null): Promise<unknown> =>
      wire.control('PUT', '/bucket-policy', { bucket: 'acme-lake', policy });
    test.after(() => setPolicy(null));
    const everything = {
      Effect: 'Allow',
      Principal: '*',
      Action: 's3:*',
      Resource: ['arn:aws:s3:::acme-lake', 'arn:aws:s3:::acme-lake/*'],
      Condition: { ArnEquals: { 'aws:PrincipalArn': wire.sandbox.contract.role } },
    };
    await setPolicy({ Version: '2012-10-17', Statement: everything });
    const s3 = scoped;
    assert.equal(await get(s3, 'raw/public/orders.csv'), 200);
    assert.equal(await list(s3, 'raw/public/'), 200);
    assert.equal(await get(s3, 'raw/public/absent'), 'NoSuchKey');
    for (const key of ['raw/private/salaries.csv', 'raw/private/absent', 'raw/public'])
      assert.equal(await get(s3, key), 'AccessDenied', key);
    for (const prefix of ['', 'raw/', 'raw/public', 'raw/private/'])
      assert.equal(await list(s3, prefix), 'AccessDenied', prefix);
    const written = s3.send(new PutObjectCommand({ Bucket: 'acme-lake', Key: 'raw/public/new', Body: 'x' }));
    assert.equal(await statusOf(written), 'AccessDenied');
  });

  it('is used only for that caller', async () => {
    await wire.forgetCalls();
    for (const as of ['reader', 'scoped', 'reader', 'scoped'] as const)
      assert.equal((await wire.get(READABLE, { as })).status, 200);
    assert.deepEqual(
      (await wire.calls('s3')).map(({ roleSessionName }) => roleSessionName),
      ['reader@acme-prod', 'scoped@acme-prod', 'reader@acme-prod', 'scoped@acme-prod'],
    );
  });
});
