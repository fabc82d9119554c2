// Runs Debian's boto3 against the bridge, configured with an endpoint, and with the identity token as its session
// token.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { callBoto3, HAS_BOTO3 } from './boto3.ts';
import type { Call, Returned } from './boto3.ts';
import * as lakes from './lake.ts';
import { BUCKET, keysFor, ORDERS, ORDERS_KEY, PRIVATE_KEY, VERSIONED_KEY } from './lake.ts';
import type { Lake } from './lake.ts';
import { digestsBelow, TREE_DIGESTS } from './tree.ts';

const BUCKET_ALONE = { Bucket: BUCKET };
const ORDERS_OBJECT = { Bucket: BUCKET, Key: ORDERS_KEY };
const VERSIONED = { Bucket: BUCKET, Key: VERSIONED_KEY };

interface Keyed {
  readonly Key: string;
}

describe(
  'boto3',
  { skip: HAS_BOTO3 ? false : 'skipped, because python3 with boto3 is not installed' },
  () => {
    let lake: Lake;
    before(async () => {
      lake = await lakes.startLake('boto3');
      await lakes.fill(lake);
    });
    after(() => lake.close());

    const as = (token: string, ...calls: readonly Call[]): Promise<readonly Returned[]> =>
      callBoto3(lake, keysFor(token), calls);
    const boto3 = (...calls: readonly Call[]): Promise<readonly Returned[]> =>
      as(lake.tokens.reader, ...calls);

    it('lists all objects, objects by prefix, and the buckets', async () => {
      const [all, below, older, buckets] = await boto3(
        ['list_objects_v2', { ...BUCKET_ALONE, Prefix: 'tree/' }],
        ['list_objects_v2', { ...BUCKET_ALONE, Prefix: 'raw/', Delimiter: '/' }],
        ['list_objects', { ...BUCKET_ALONE, Prefix: 'raw/public/o' }],
        ['list_buckets', {}],
      );
      const keys = (page: Returned = {}): string[] =>
        ((page['Contents'] ?? []) as Keyed[]).map(({ Key }) => Key);
      assert.deepEqual(keys(all).sort(), [...TREE_DIGESTS.keys()].map((name) => `tree/${name}`).sort());
      assert.deepEqual(below?.['CommonPrefixes'], [{ Prefix: 'raw/private/' }, { Prefix: 'raw/public/' }]);
      assert.deepEqual(keys(older), [ORDERS_KEY]);
      assert.match(JSON.stringify(buckets?.['Buckets']), /^\[\{"Name":"acme-lake",[^{]*\]$/);
      await lake.saw('ListObjectsV2', 'ListObjects', 'ListBuckets');
    });

    it('reads a whole object and part of an object', async () => {
      const [whole, part, end, head] = await boto3(
        ['get_object', ORDERS_OBJECT],
        ['get_object', { ...ORDERS_OBJECT, Range: 'bytes=17-24' }],
        ['get_object', { ...ORDERS_OBJECT, Range: 'bytes=-10' }],
        ['head_object', ORDERS_OBJECT],
      );
      assert.equal(whole?.['Body'], ORDERS);
      assert.deepEqual([part?.['Body'], part?.['ContentRange']], [lakes.ORDERS_PART, 'bytes 17-24/55']);
      assert.equal(end?.['Body'], ORDERS.slice(-10));
      assert.equal(head?.['ContentLength'], ORDERS.length);
      await lake.saw('GetObject', 'HeadObject', 'range');
    });

    it('downloads a tree with unusual keys', async () => {
      const tree = join(lake.directory, 'tree');
      const names = [...TREE_DIGESTS.keys()];
      await Promise.all(names.map((name) => mkdir(dirname(join(tree, name)), { recursive: true })));
      await boto3(
        ...names.map((name): Call => [
          'download_file',
          { ...BUCKET_ALONE, Key: `tree/${name}`, Filename: join(tree, name) },
        ]),
      );
      assert.deepEqual(await digestsBelow(tree), TREE_DIGESTS);
    });

    it('raises its own errors for a missing key, a denial and an expired token', async () => {
      const missing = { ...BUCKET_ALONE, Key: 'none' };
      assert.deepEqual(await boto3(['get_object', missing], ['head_object', missing]), [
        { error: 'NoSuchKey' },
        { error: '404' },
      ]);
      const denied = { ...BUCKET_ALONE, Key: PRIVATE_KEY };
      assert.deepEqual(await as(lake.tokens.scoped, ['get_object', denied], ['head_object', denied]), [
        { error: 'AccessDenied' },
        { error: '403' },
      ]);
      assert.deepEqual(await as(lake.tokens.expired, ['get_object', ORDERS_OBJECT]), [
        { error: 'ExpiredToken' },
      ]);
    });

    it('supports conditional requests', async () => {
      const [head] = await boto3(['head_object', ORDERS_OBJECT]);
      const etag = head?.['ETag'];
      const [unchanged, changed, same] = await boto3(
        ['get_object', { ...ORDERS_OBJECT, IfNoneMatch: etag }],
        ['get_object', { ...ORDERS_OBJECT, IfMatch: '"another"' }],
        ['get_object', { ...ORDERS_OBJECT, IfMatch: etag }],
      );
      assert.deepEqual([unchanged, changed], [{ error: '304' }, { error: 'PreconditionFailed' }]);
      assert.equal(same?.['Body'], ORDERS);
      await lake.saw('conditional');
    });

    it("reads versions, tags, attributes and the bucket's location", async () => {
      const [versions, tags, attributes, location, head] = await boto3(
        ['list_object_versions', { ...BUCKET_ALONE, Prefix: VERSIONED_KEY }],
        ['get_object_tagging', VERSIONED],
        ['get_object_attributes', { ...VERSIONED, ObjectAttributes: ['ObjectSize'] }],
        ['get_bucket_location', BUCKET_ALONE],
        ['head_bucket', BUCKET_ALONE],
      );
      const [, older] = (versions?.['Versions'] ?? []) as { readonly VersionId: string }[];
      const [first] = await boto3(['get_object', { ...VERSIONED, VersionId: older?.VersionId }]);
      assert.equal(first?.['Body'], 'first');
      assert.deepEqual(tags?.['TagSet'], [{ Key: 'team', Value: 'lake' }]);
      assert.equal(attributes?.['ObjectSize'], 'second'.length);
      assert.equal(location?.['LocationConstraint'], 'eu-west-1');
      assert.equal(head?.['error'], undefined);
      await lake.saw('ListObjectVersions', 'versionId', 'GetObjectTagging', 'GetObjectAttributes');
      await lake.saw('GetBucketLocation', 'HeadBucket');
    });
  },
);
