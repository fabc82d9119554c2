// Tests the region and location of buckets, bucket operations other than lists, and operations that the sandbox does not
// support.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateBucketCommand,
  GetBucketAclCommand,
  GetBucketLocationCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { assumed, s3Client, sandboxFor } from './clients.ts';

test('a read of a bucket in a different region is redirected to that region', async (context) => {
  const sandbox = await sandboxFor(context);
  const Bucket = 'far-away';
  await s3Client(sandbox).send(
    new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'us-east-2' } }),
  );
  const keys = await assumed(sandbox);
  const get = (region: string) =>
    s3Client(sandbox, keys, region).send(new GetObjectCommand({ Bucket, Key: 'x' }));
  await assert.rejects(
    get('eu-west-1'),
    (error: Error & { $response?: { headers: Record<string, string> } }) => {
      assert.equal(error.name, 'PermanentRedirect');
      assert.equal(error.$response?.headers['x-amz-bucket-region'], 'us-east-2');
      return true;
    },
  );
  await assert.rejects(get('ap-south-1'), { name: 'AuthorizationHeaderMalformed', Region: 'us-east-2' });
  await assert.rejects(get('us-east-2'), { name: 'NoSuchKey' });
  const there = s3Client(sandbox, keys, 'us-east-2');
  assert.equal((await there.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint, 'us-east-2');
  assert.equal((await there.send(new HeadBucketCommand({ Bucket }))).BucketRegion, 'us-east-2');
});

test('object tags and attributes can be read', async (context) => {
  const sandbox = await sandboxFor(context);
  const at = { Bucket: 'acme-lake', Key: 'tagged' };
  await s3Client(sandbox).send(
    new PutObjectCommand({ ...at, Body: 'abc', Tagging: 'a=1&b=x%20y', ChecksumAlgorithm: 'CRC32' }),
  );
  const s3 = s3Client(sandbox, await assumed(sandbox));
  assert.deepEqual((await s3.send(new GetObjectTaggingCommand(at))).TagSet, [
    { Key: 'a', Value: '1' },
    { Key: 'b', Value: 'x y' },
  ]);
  const asked = ['ETag', 'ObjectSize', 'Checksum'] as const;
  const attributes = await s3.send(new GetObjectAttributesCommand({ ...at, ObjectAttributes: [...asked] }));
  assert.equal(attributes.ObjectSize, 3);
  assert.equal(attributes.ETag, '900150983cd24fb0d6963f7d28e17f72');
  assert.equal(attributes.Checksum?.ChecksumCRC32, 'NSRBwg==');
});

test('in the sandbox, the owner can list the buckets, but the role cannot', async (context) => {
  const sandbox = await sandboxFor(context);
  const { Buckets } = await s3Client(sandbox).send(new ListBucketsCommand({}));
  assert.deepEqual(
    Buckets?.map(({ Name }) => Name),
    ['acme-lake'],
  );
  const s3 = s3Client(sandbox, await assumed(sandbox));
  await assert.rejects(s3.send(new ListBucketsCommand({})), { name: 'AccessDenied' });
});

test('an unsupported operation gets AccessDenied for the role and NotImplemented for the owner', async (context) => {
  const sandbox = await sandboxFor(context);
  const ask = new GetBucketAclCommand({ Bucket: 'acme-lake' });
  await assert.rejects(s3Client(sandbox, await assumed(sandbox)).send(ask), { name: 'AccessDenied' });
  await assert.rejects(s3Client(sandbox).send(ask), { name: 'NotImplemented' });
});
