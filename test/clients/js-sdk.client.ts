// Runs the AWS SDK for JavaScript against the bridge, configured with an endpoint, and with the identity token as its
// session token.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import * as s3 from '@aws-sdk/client-s3';
import * as lakes from './lake.ts';
import { BUCKET, ORDERS, ORDERS_KEY, PRIVATE_KEY, VERSIONED_KEY } from './lake.ts';
import type { Lake } from './lake.ts';
import { digestsBelow, TREE_DIGESTS } from './tree.ts';

const ORDERS_OBJECT = { Bucket: BUCKET, Key: ORDERS_KEY };
const VERSIONED = { Bucket: BUCKET, Key: VERSIONED_KEY };

describe('the AWS SDK for JavaScript', () => {
  let lake: Lake;
  let client: s3.S3Client;
  const clientOf = (sessionToken: string): s3.S3Client =>
    new s3.S3Client({
      endpoint: lake.url,
      region: 'eu-west-1',
      forcePathStyle: true,
      credentials: { accessKeyId: 'any', secretAccessKey: 'any', sessionToken },
    });
  before(async () => {
    lake = await lakes.startLake('JS SDK');
    await lakes.fill(lake);
    client = clientOf(lake.tokens.reader);
  });
  after(async () => {
    client.destroy();
    await lake.close();
  });

  const textOf = async (input: s3.GetObjectCommandInput): Promise<string | undefined> =>
    (await client.send(new s3.GetObjectCommand(input))).Body?.transformToString();
  const keysOf = (page: { readonly Contents?: s3._Object[] | undefined }): (string | undefined)[] =>
    (page.Contents ?? []).map(({ Key }) => Key);
  /** @returns the name and the status of the exception that the SDK throws */
  async function refusal(token: string, input: s3.GetObjectCommandInput): Promise<readonly unknown[]> {
    const other = clientOf(token);
    const error: unknown = await other
      .send(new s3.GetObjectCommand(input))
      .catch((reason: unknown) => reason);
    other.destroy();
    assert.ok(error instanceof s3.S3ServiceException, String(error));
    return [error.name, error.$metadata.httpStatusCode];
  }

  it('lists objects in pages and by prefix, and lists the buckets', async () => {
    const input = { Bucket: BUCKET, Prefix: 'tree/' };
    const keys: (string | undefined)[] = [];
    for await (const page of s3.paginateListObjectsV2({ client, pageSize: 5 }, input))
      keys.push(...keysOf(page));
    assert.deepEqual(keys.sort(), [...TREE_DIGESTS.keys()].map((name) => `tree/${name}`).sort());
    const below = await client.send(
      new s3.ListObjectsV2Command({ Bucket: BUCKET, Prefix: 'raw/', Delimiter: '/' }),
    );
    assert.deepEqual(below.CommonPrefixes, [{ Prefix: 'raw/private/' }, { Prefix: 'raw/public/' }]);
    const older = await client.send(new s3.ListObjectsCommand({ Bucket: BUCKET, Prefix: 'raw/public/o' }));
    assert.deepEqual(keysOf(older), [ORDERS_KEY]);
    const { Buckets = [] } = await client.send(new s3.ListBucketsCommand());
    assert.deepEqual(
      Buckets.map(({ Name }) => Name),
      [BUCKET],
    );
    await lake.saw('ListObjectsV2', 'ListObjects', 'ListBuckets');
  });

  it('reads a whole object and part of an object', async () => {
    assert.equal(await textOf(ORDERS_OBJECT), ORDERS);
    assert.equal(await textOf({ ...ORDERS_OBJECT, Range: 'bytes=17-24' }), lakes.ORDERS_PART);
    const { ContentLength } = await client.send(new s3.HeadObjectCommand(ORDERS_OBJECT));
    assert.equal(ContentLength, ORDERS.length);
    await lake.saw('GetObject', 'HeadObject', 'range');
  });

  it('copies a tree with unusual keys', async () => {
    for (const name of TREE_DIGESTS.keys()) {
      const { Body } = await client.send(new s3.GetObjectCommand({ Bucket: BUCKET, Key: `tree/${name}` }));
      const path = join(lake.directory, 'tree', name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, (await Body?.transformToByteArray()) ?? '');
    }
    assert.deepEqual(await digestsBelow(join(lake.directory, 'tree')), TREE_DIGESTS);
  });

  it('throws its own errors for a missing key, a denial and an expired token', async () => {
    const { reader, scoped, expired } = lake.tokens;
    assert.deepEqual(await refusal(reader, { Bucket: BUCKET, Key: 'none' }), ['NoSuchKey', 404]);
    assert.deepEqual(await refusal(scoped, { Bucket: BUCKET, Key: PRIVATE_KEY }), ['AccessDenied', 403]);
    assert.deepEqual(await refusal(expired, ORDERS_OBJECT), ['ExpiredToken', 400]);
  });

  it('supports conditional requests', async () => {
    const { ETag = '' } = await client.send(new s3.HeadObjectCommand(ORDERS_OBJECT));
    const { reader } = lake.tokens;
    const unchanged = await refusal(reader, { ...ORDERS_OBJECT, IfNoneMatch: ETag });
    assert.equal(unchanged[1], 304);
    assert.deepEqual(await refusal(reader, { ...ORDERS_OBJECT, IfMatch: '"another"' }), [
      'PreconditionFailed',
      412,
    ]);
    assert.equal(await textOf({ ...ORDERS_OBJECT, IfMatch: ETag }), ORDERS);
    await lake.saw('conditional');
  });

  it("reads versions, tags, attributes and the bucket's location", async () => {
    const { Versions = [] } = await client.send(
      new s3.ListObjectVersionsCommand({ Bucket: BUCKET, Prefix: VERSIONED_KEY }),
    );
    const older = Versions.find(({ IsLatest }) => IsLatest === false)?.VersionId;
    assert.equal(await textOf({ ...VERSIONED, VersionId: older ?? '' }), 'first');
    const { TagSet } = await client.send(new s3.GetObjectTaggingCommand(VERSIONED));
    assert.deepEqual(TagSet, [{ Key: 'team', Value: 'lake' }]);
    const { ObjectSize } = await client.send(
      new s3.GetObjectAttributesCommand({ ...VERSIONED, ObjectAttributes: ['ObjectSize'] }),
    );
    assert.equal(ObjectSize, 'second'.length);
    const { LocationConstraint } = await client.send(new s3.GetBucketLocationCommand({ Bucket: BUCKET }));
    assert.equal(LocationConstraint, 'eu-west-1');
    assert.equal((await client.send(new s3.HeadBucketCommand({ Bucket: BUCKET }))).BucketRegion, 'eu-west-1');
    await lake.saw('ListObjectVersions', 'versionId', 'GetObjectTagging', 'GetObjectAttributes');
    await lake.saw('GetBucketLocation', 'HeadBucket');
  });
});
