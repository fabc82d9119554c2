// GetObject and HeadObject support ranges, conditions, overridden response headers, checksums and metadata as in S3.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import {
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type GetObjectCommandInput,
} from '@aws-sdk/client-s3';
import { s3Client, sandboxFor } from './clients.ts';

const Bucket = 'acme-lake';
const Key = 'ten';

async function tenBytes(context: TestContext) {
  const s3 = s3Client(await sandboxFor(context));
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: '0123456789', ChecksumAlgorithm: 'SHA256' }));
  const get = async (input: Partial<GetObjectCommandInput>) => {
    const { Body, ContentRange, $metadata, ...rest } = await s3.send(
      new GetObjectCommand({ Bucket, Key, ...input }),
    );
    return { status: $metadata.httpStatusCode, text: await Body?.transformToString(), ContentRange, ...rest };
  };
  return { s3, get };
}

test('a single range is returned, but multiple or invalid ranges return the whole object', async (context) => {
  const { get } = await tenBytes(context);
  const cases: readonly (readonly [
    range: string,
    status: number,
    text: string,
    range: string | undefined,
  ])[] = [
    ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=-99', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=0-99', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=0-1,4-5', 200, '0123456789', undefined],
    ['bytes=4-2', 200, '0123456789', undefined],
    ['bytes=0--1', 200, '0123456789', undefined],
    ['lines=0-1', 200, '0123456789', undefined],
  ];
  for (const [Range, status, text, ContentRange] of cases) {
    const got = await get({ Range });
    assert.deepEqual([got.status, got.text, got.ContentRange], [status, text, ContentRange], Range);
  }
  for (const Range of ['bytes=10-', 'bytes=-0']) {
    await assert.rejects(get({ Range }), {
      name: 'InvalidRange',
      ActualObjectSize: '10',
      RangeRequested: Range,
    });
  }
});

test('part 1 of a single-part object is the whole object', async (context) => {
  const { get } = await tenBytes(context);
  const { status, text } = await get({ PartNumber: 1 });
  assert.deepEqual([status, text], [206, '0123456789']);
  await assert.rejects(get({ PartNumber: 2 }), { name: 'InvalidPartNumber' });
});

test('conditional headers are evaluated as in S3', async (context) => {
  const { get } = await tenBytes(context);
  const { ETag = '' } = await get({});
  const before = new Date(Date.now() - 3_600_000);
  const after = new Date(Date.now() + 3_600_000);
  assert.equal((await get({ IfMatch: ETag, IfUnmodifiedSince: before })).status, 200);
  assert.equal((await get({ IfMatch: `"x", ${ETag}` })).status, 200);
  assert.equal((await get({ IfNoneMatch: '"x"', IfModifiedSince: after })).status, 200);
  await assert.rejects(get({ IfMatch: '"x"' }), { name: 'PreconditionFailed' });
  await assert.rejects(get({ IfUnmodifiedSince: before }), { name: 'PreconditionFailed' });
  await assert.rejects(get({ IfMatch: '"x"', Range: 'bytes=99-' }), { name: 'PreconditionFailed' });
  for (const input of [{ IfNoneMatch: ETag }, { IfNoneMatch: '*' }, { IfModifiedSince: after }]) {
    await assert.rejects(
      get(input),
      ({ $metadata }: { $metadata: { httpStatusCode: number } }) => $metadata.httpStatusCode === 304,
    );
  }
});

test('stored headers are returned, response overrides replace them, and checksums are sent on request', async (context) => {
  const { s3, get } = await tenBytes(context);
  const input = {
    ContentType: 'text/x',
    ContentEncoding: 'gzip',
    Expires: new Date(0),
    Metadata: { UP: 'é', b: 'c' },
  };
  await s3.send(new PutObjectCommand({ Bucket, Key: 'h', Body: 'x', ...input, Tagging: 'a=1&b=2' }));
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'h' }));
  assert.deepEqual([head.ContentType, head.ContentEncoding, head.ContentLength], ['text/x', 'gzip', 1]);
  assert.deepEqual(Object.keys(head.Metadata ?? {}).sort(), ['b', 'up']);
  assert.equal(head.ExpiresString, 'Thu, 01 Jan 1970 00:00:00 GMT');
  assert.equal((await get({ Key: 'h' })).TagCount, 2);
  assert.equal((await get({ ResponseContentType: 'a/b' })).ContentType, 'a/b');
  assert.equal(
    (await get({ ChecksumMode: 'ENABLED' })).ChecksumSHA256,
    createHash('sha256').update('0123456789').digest('base64'),
  );
  assert.equal((await get({ ChecksumMode: 'ENABLED', Range: 'bytes=0-1' })).ChecksumSHA256, undefined);
});
