// Tests the same operations as the tests of S3 clients, but with plain HTTP requests and a Bearer token. The results are shown
// in the "wire test" column.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { RequestOptions, Reply } from '../support/http-request.ts';
import * as lakes from './lake.ts';
import { BUCKET, ORDERS, ORDERS_KEY, PRIVATE_KEY, VERSIONED_KEY } from './lake.ts';
import type { Lake } from './lake.ts';
import { digestOf, TREE_DIGESTS } from './tree.ts';

const OBJECT = `/${BUCKET}/${ORDERS_KEY}`;
const VERSIONED = `/${BUCKET}/${VERSIONED_KEY}`;

describe('a plain HTTP client', () => {
  let lake: Lake;
  before(async () => {
    lake = await lakes.startLake('wire test');
    await lakes.fill(lake);
  });
  after(() => lake.close());

  const get = (path: string, headers: RequestOptions['headers'] = {}, method = 'GET'): Promise<Reply> =>
    lake.wire.get(path, { method, headers: { authorization: `Bearer ${lake.tokens.reader}`, ...headers } });
  const found = async (path: string, pattern: RegExp): Promise<string[]> => {
    const { status, text } = await get(path);
    assert.equal(status, 200, text);
    return [...text.matchAll(pattern)].map(([, value = '']) => value);
  };

  it('lists objects', async () => {
    const keys = /<Key>([^<]*)<\/Key>/g;
    const prefixes = /<Prefix>([^<]*)<\/Prefix><\/CommonPrefixes>/g;
    const tree = await found(`/${BUCKET}?list-type=2&prefix=tree/`, keys);
    assert.equal(tree.length, TREE_DIGESTS.size);
    const below = await found(`/${BUCKET}?list-type=2&prefix=raw/&delimiter=/`, prefixes);
    assert.deepEqual(below, ['raw/private/', 'raw/public/']);
    assert.deepEqual(await found(`/${BUCKET}?prefix=raw/public/o`, keys), [ORDERS_KEY]);
    assert.deepEqual(await found('/', /<Name>([^<]*)<\/Name>/g), [BUCKET]);
    await lake.saw('ListObjectsV2', 'ListObjects', 'ListBuckets');
  });

  it('reads a whole object and part of an object', async () => {
    assert.equal((await get(OBJECT)).text, ORDERS);
    const part = await get(OBJECT, { range: 'bytes=17-24' });
    assert.deepEqual([part.status, part.text], [206, lakes.ORDERS_PART]);
    const { headers, text } = await get(OBJECT, {}, 'HEAD');
    assert.deepEqual([headers['content-length'], text], [String(ORDERS.length), '']);
    for (const [name, digest] of TREE_DIGESTS) {
      const path = name.split('/').map(encodeURIComponent).join('/');
      assert.equal(digestOf((await get(`/${BUCKET}/tree/${path}`)).body), digest, name);
    }
    await lake.saw('GetObject', 'HeadObject', 'range');
  });

  it('gets an error for a missing key, a denial and an expired token', async () => {
    const refused = async (path: string, token: string): Promise<readonly unknown[]> => {
      const { status, code } = await get(path, { authorization: `Bearer ${token}` });
      return [status, code];
    };
    const { reader, scoped, expired } = lake.tokens;
    assert.deepEqual(await refused(`/${BUCKET}/none`, reader), [404, 'NoSuchKey']);
    assert.deepEqual(await refused(`/${BUCKET}/${PRIVATE_KEY}`, scoped), [403, 'AccessDenied']);
    assert.equal((await refused(OBJECT, expired))[0], 401);
  });

  it('supports conditional requests', async () => {
    const etag = (await get(OBJECT)).headers.etag ?? '';
    assert.equal((await get(OBJECT, { 'if-none-match': etag })).status, 304);
    assert.equal((await get(OBJECT, { 'if-match': '"another"' })).status, 412);
    assert.equal((await get(OBJECT, { 'if-match': etag })).text, ORDERS);
    await lake.saw('conditional');
  });

  it("reads versions, tags, attributes and the bucket's location", async () => {
    const ids = await found(
      `/${BUCKET}?versions&prefix=${VERSIONED_KEY}`,
      /<VersionId>([^<]*)<\/VersionId>/g,
    );
    assert.equal((await get(`${VERSIONED}?versionId=${ids[1] ?? ''}`)).text, 'first');
    assert.deepEqual(await found(`${VERSIONED}?tagging`, /<Value>([^<]*)<\/Value>/g), ['lake']);
    const attributes = await get(`${VERSIONED}?attributes`, { 'x-amz-object-attributes': 'ObjectSize' });
    assert.match(attributes.text, /<ObjectSize>6<\/ObjectSize>/);
    assert.match((await get(`/${BUCKET}?location`)).text, />eu-west-1</);
    assert.equal((await get(`/${BUCKET}`, {}, 'HEAD')).headers['x-amz-bucket-region'], 'eu-west-1');
    await lake.saw('ListObjectVersions', 'versionId', 'GetObjectTagging', 'GetObjectAttributes');
    await lake.saw('GetBucketLocation', 'HeadBucket');
  });
});
