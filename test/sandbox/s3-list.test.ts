// Tests the order, common prefixes, pages, markers and encoding of object lists.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import {
  CreateBucketCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type ListObjectsV2CommandInput,
} from '@aws-sdk/client-s3';
import { s3Client, sandboxFor } from './clients.ts';

const Bucket = 'listed';

async function bucketWith(context: TestContext, keys: readonly string[]) {
  const s3 = s3Client(await sandboxFor(context));
  await s3.send(new CreateBucketCommand({ Bucket }));
  for (const Key of keys) await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
  const list = async (input: Partial<ListObjectsV2CommandInput> = {}) => {
    const listed = await s3.send(new ListObjectsV2Command({ Bucket, ...input }));
    return {
      keys: (listed.Contents ?? []).map((one) => one.Key),
      prefixes: (listed.CommonPrefixes ?? []).map((one) => one.Prefix),
      ...listed,
    };
  };
  return { s3, list };
}

test('the keys in a listing are sorted by their UTF-8 bytes', async (context) => {
  const { list } = await bucketWith(context, [
    '\u{1F600}',
    '\uFFFD',
    'é',
    'a',
    'B',
    'a/',
    'a.b',
    '//x',
    '../y',
  ]);
  assert.deepEqual((await list()).keys, ['../y', '//x', 'B', 'a', 'a.b', 'a/', 'é', '\uFFFD', '\u{1F600}']);
});

test('a listing groups keys by a delimiter, and every page has as many entries as requested', async (context) => {
  const { list } = await bucketWith(context, ['a/1', 'a/2', 'b', 'c/1', 'c/d/2', 'e']);
  const whole = await list({ Delimiter: '/' });
  assert.deepEqual([whole.keys, whole.prefixes, whole.KeyCount], [['b', 'e'], ['a/', 'c/'], 4]);
  const seen: (string | undefined)[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await list({ Delimiter: '/', MaxKeys: 1, ContinuationToken });
    assert.equal(page.KeyCount, 1);
    seen.push(...page.keys, ...page.prefixes);
    ({ NextContinuationToken: ContinuationToken } = page);
  } while (ContinuationToken !== undefined);
  assert.deepEqual(seen, ['a/', 'b', 'c/', 'e']);
  assert.deepEqual((await list({ Delimiter: '/', Prefix: 'c/' })).prefixes, ['c/d/']);
  assert.deepEqual((await list({ StartAfter: 'b' })).keys, ['c/1', 'c/d/2', 'e']);
});

test('a listing returns at most 1,000 keys per page, and an invalid limit or token is rejected', async (context) => {
  const { list } = await bucketWith(context, ['a', 'b']);
  const none = await list({ MaxKeys: 0 });
  assert.deepEqual([none.KeyCount, none.IsTruncated], [0, false]);
  assert.equal((await list({ MaxKeys: 5000 })).MaxKeys, 1000);
  await assert.rejects(list({ MaxKeys: -1 }), { name: 'InvalidArgument' });
  await assert.rejects(list({ ContinuationToken: 'b' }), { name: 'InvalidArgument' });
});

test('a listing returns keys with special characters unchanged, or URL-encoded with encoding-type=url', async (context) => {
  const { list } = await bucketWith(context, ['a&<b> "c".txt', 'new\nline+é ~*']);
  assert.deepEqual((await list()).keys, ['a&<b> "c".txt', 'new\nline+é ~*']);
  const encoded = await list({ EncodingType: 'url' });
  assert.deepEqual(encoded.keys, ['a%26%3Cb%3E+%22c%22.txt', 'new%0Aline%2B%C3%A9+%7E*']);
  assert.equal(encoded.EncodingType, 'url');
});

test('a ListObjectsV2 page includes owners only on request, but a ListObjects page always includes them', async (context) => {
  const { s3, list } = await bucketWith(context, ['a/1', 'b', 'c']);
  assert.equal((await list()).Contents?.[0]?.Owner, undefined);
  assert.ok((await list({ FetchOwner: true })).Contents?.[0]?.Owner?.ID);
  const first = await s3.send(new ListObjectsCommand({ Bucket, Delimiter: '/', MaxKeys: 1 }));
  assert.deepEqual([first.NextMarker, first.IsTruncated], ['a/', true]);
  const rest = await s3.send(new ListObjectsCommand({ Bucket, Delimiter: '/', Marker: first.NextMarker }));
  assert.deepEqual(
    rest.Contents?.map(({ Key, Owner }) => [Key, Owner?.ID !== undefined]),
    [
      ['b', true],
      ['c', true],
    ],
  );
});
