// AWS's own clients get credentials from STS with a token from the metadata server, and read an object from S3.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { assumed, s3Client, sandboxFor } from './clients.ts';

test('an identity token is exchanged for credentials that can read an object', async (context) => {
  const sandbox = await sandboxFor(context);
  const s3 = s3Client(sandbox, await assumed(sandbox));
  const { Body, ContentType, ETag } = await s3.send(
    new GetObjectCommand({ Bucket: sandbox.contract.bucket, Key: 'raw/public/orders.csv' }),
  );
  assert.match((await Body?.transformToString()) ?? '', /^id,item,quantity/);
  assert.equal(ContentType, 'text/csv');
  assert.match(ETag ?? '', /^"[0-9a-f]{32}"$/);
  const listed = await s3.send(new ListObjectsV2Command({ Bucket: sandbox.contract.bucket, Delimiter: '/' }));
  assert.deepEqual(
    listed.CommonPrefixes?.map(({ Prefix }) => Prefix),
    ['curated/', 'odd keys/', 'raw/'],
  );
});

test("the bridge returns an object exactly as the bucket's owner uploaded it with the AWS SDK", async (context) => {
  const sandbox = await sandboxFor(context);
  const s3 = s3Client(sandbox);
  const Key = 'a/../b//c +%2F日本😀.bin';
  const Bucket = sandbox.contract.bucket;
  const Body = Buffer.alloc(700_000, 'abc');
  await s3.send(
    new PutObjectCommand({
      Bucket,
      Key,
      Body,
      Metadata: { a: 'b' },
      CacheControl: 'max-age=3',
      Tagging: 'x=1',
    }),
  );
  const got = await s3.send(new GetObjectCommand({ Bucket, Key }));
  assert.deepEqual(Buffer.from((await got.Body?.transformToByteArray()) ?? []), Body);
  const { Metadata, CacheControl, ContentLength } = await s3.send(new HeadObjectCommand({ Bucket, Key }));
  assert.deepEqual(
    { Metadata, CacheControl, ContentLength },
    { Metadata: { a: 'b' }, CacheControl: 'max-age=3', ContentLength: 700_000 },
  );
});
