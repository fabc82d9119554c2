// Tests object versions and delete markers in the sandbox's S3.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { allowing, assumed, s3Client, sandboxFor } from './clients.ts';

const Bucket = 'versioned';
const Key = 'k';

test('object versions are stored, listed newest first, and hidden by a delete marker', async (context) => {
  const sandbox = await sandboxFor(context);
  const s3 = s3Client(sandbox);
  const put = async (Body: string) => (await s3.send(new PutObjectCommand({ Bucket, Key, Body }))).VersionId;
  await s3.send(new CreateBucketCommand({ Bucket }));
  assert.equal(await put('zero'), undefined);
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  const [one, two] = [await put('one'), await put('two')];
  const { VersionId: marker, DeleteMarker } = await s3.send(new DeleteObjectCommand({ Bucket, Key }));
  assert.equal(DeleteMarker, true);
  const get = async (VersionId?: string) =>
    (await s3.send(new GetObjectCommand({ Bucket, Key, VersionId }))).Body?.transformToString();
  assert.deepEqual([await get('null'), await get(one), await get(two)], ['zero', 'one', 'two']);
  await assert.rejects(get(), { name: 'NoSuchKey' });
  await assert.rejects(get(marker), { name: 'MethodNotAllowed' });
  await assert.rejects(get('nonsense'), { name: 'NoSuchVersion' });
  assert.equal((await s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount, 0);
  const listed = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  assert.deepEqual(
    listed.Versions?.map(({ VersionId }) => VersionId),
    [two, one, 'null'],
  );
  assert.deepEqual(
    listed.DeleteMarkers?.map(({ VersionId, IsLatest }) => [VersionId, IsLatest]),
    [[marker, true]],
  );
  await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId: marker }));
  assert.equal(await get(), 'two');
});

test('a page of a version listing can begin between two versions of the same key', async (context) => {
  const s3 = s3Client(await sandboxFor(context));
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  for (const name of ['a', 'a', 'b', 'c/1', 'c/2'])
    await s3.send(new PutObjectCommand({ Bucket, Key: name, Body: 'x' }));
  const seen: (string | undefined)[] = [];
  let markers: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
  for (let more = true; more;) {
    const page = await s3.send(
      new ListObjectVersionsCommand({ Bucket, MaxKeys: 1, Delimiter: '/', ...markers }),
    );
    seen.push(
      ...(page.Versions ?? []).map((one) => one.Key),
      ...(page.CommonPrefixes ?? []).map((one) => one.Prefix),
    );
    markers = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
    more = page.IsTruncated ?? false;
  }
  assert.deepEqual(seen, ['a', 'a', 'b', 'c/']);
});

test('reading a version requires s3:GetObjectVersion, not s3:GetObject', async (context) => {
  const sandbox = await sandboxFor(context);
  const get = async (action: string, VersionId?: string) => {
    const policy = allowing({ Action: action, Resource: 'arn:aws:s3:::acme-lake/*' });
    const s3 = s3Client(sandbox, await assumed(sandbox, { policy }));
    return s3.send(new GetObjectCommand({ Bucket: 'acme-lake', Key: 'README.txt', VersionId }));
  };
  await get('s3:GetObjectVersion', 'null');
  await assert.rejects(get('s3:GetObject', 'null'), { name: 'AccessDenied' });
  await assert.rejects(get('s3:GetObjectVersion'), { name: 'AccessDenied' });
});
