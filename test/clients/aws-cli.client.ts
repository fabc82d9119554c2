// Runs Debian's AWS CLI against the bridge, configured only with `--endpoint-url` and three environment variables.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import * as lakes from './lake.ts';
import {
  BUCKET,
  failed,
  keysFor,
  ORDERS,
  ORDERS_KEY,
  PRIVATE_KEY,
  succeeded,
  VERSIONED_KEY,
} from './lake.ts';
import type { Lake } from './lake.ts';
import type { Ended } from './program.ts';
import { unavailable } from './program.ts';
import { digestsBelow, TREE_DIGESTS } from './tree.ts';

/** Without `cli_follow_urlparam = false`, the AWS CLI fetches an argument that begins with http://. */
const CONFIG = `[default]
region = eu-west-1
cli_follow_urlparam = false
s3 =
  addressing_style = path
`;

describe('the AWS CLI', { skip: unavailable('aws') }, () => {
  let lake: Lake;
  before(async () => {
    lake = await lakes.startLake('aws cli');
    await lakes.fill(lake);
    await writeFile(join(lake.directory, 'config'), CONFIG);
  });
  after(() => lake.close());

  const as = (token: string, ...args: readonly string[]): Promise<Ended> =>
    lake.run('aws', ['--endpoint-url', lake.url, ...args], {
      env: { ...keysFor(token), AWS_CONFIG_FILE: join(lake.directory, 'config'), AWS_PAGER: '' },
    });
  const aws = async (...args: readonly string[]): Promise<string> =>
    succeeded(await as(lake.tokens.reader, ...args));
  /** Runs `aws s3api` on the bucket and returns the output. */
  const api = async (command: string, ...args: readonly string[]): Promise<Record<string, unknown>> =>
    JSON.parse(
      (await aws('s3api', command, '--bucket', BUCKET, '--output', 'json', ...args)) || '{}',
    ) as Record<string, unknown>;
  const orders = ['--key', ORDERS_KEY] as const;

  it('lists objects recursively and by prefix, and lists the buckets', async () => {
    const all = await aws('s3', 'ls', '--recursive', `s3://${BUCKET}/`);
    assert.equal(all.split('\n').filter((line) => line.includes(' tree/')).length, TREE_DIGESTS.size);
    assert.match(await aws('s3', 'ls', `s3://${BUCKET}/raw/`), /^ +PRE private\/\n +PRE public\/\n$/);
    assert.match(await aws('s3', 'ls'), new RegExp(` ${BUCKET}\n$`));
    await lake.saw('ListObjectsV2', 'ListBuckets');
  });

  it('reads a whole object and part of an object', async () => {
    assert.equal(await aws('s3', 'cp', `s3://${BUCKET}/${ORDERS_KEY}`, '-'), ORDERS);
    await api('get-object', ...orders, '--range', 'bytes=17-24', 'part');
    assert.equal(await readFile(join(lake.directory, 'part'), 'utf8'), lakes.ORDERS_PART);
    await lake.saw('GetObject', 'HeadObject', 'range');
  });

  it('syncs a tree with unusual keys, and a second sync copies nothing', async () => {
    await aws('s3', 'sync', `s3://${BUCKET}/tree`, 'tree');
    assert.deepEqual(await digestsBelow(join(lake.directory, 'tree')), TREE_DIGESTS);
    assert.equal(await aws('s3', 'sync', `s3://${BUCKET}/tree`, 'tree'), '');
  });

  it('reports a missing key, a denial and an expired token', async () => {
    const { reader, scoped, expired } = lake.tokens;
    const copy = (token: string, key: string) => as(token, 's3', 'cp', `s3://${BUCKET}/${key}`, 'copy');
    const get = (token: string, key: string) =>
      as(token, 's3api', 'get-object', '--bucket', BUCKET, '--key', key, 'copy');
    failed(await copy(reader, 'none'), /\(404\).*HeadObject.*Key "none" does not exist/);
    failed(await get(reader, 'none'), /\(NoSuchKey\).*The object does not exist/);
    failed(await copy(scoped, PRIVATE_KEY), /\(403\).*HeadObject.*Forbidden/);
    failed(await get(scoped, PRIVATE_KEY), /\(AccessDenied\).*GetObject.*You are not allowed to read this/);
    failed(await as(scoped, 's3', 'ls', `s3://${BUCKET}/raw/private/`), /\(AccessDenied\).*ListObjectsV2/);
    failed(await get(expired, ORDERS_KEY), /\(ExpiredToken\).*The identity token has expired/);
    failed(await as(expired, 's3', 'ls', `s3://${BUCKET}/`), /\(ExpiredToken\).*ListObjectsV2/);
  });

  it('shows the parent prefixes of a granted prefix', async () => {
    const shown = succeeded(await as(lake.tokens.scoped, 's3', 'ls', `s3://${BUCKET}/`));
    assert.match(shown, /^ +PRE raw\/\n$/);
  });

  it('supports conditional requests', async () => {
    const { ETag = '' } = (await api('head-object', ...orders)) as { ETag?: string };
    const get = (...condition: string[]) =>
      as(lake.tokens.reader, 's3api', 'get-object', '--bucket', BUCKET, ...orders, ...condition, 'got');
    failed(await get('--if-none-match', ETag), /\(304\).*Not Modified/);
    failed(await get('--if-match', '"another"'), /\(PreconditionFailed\)/);
    succeeded(await get('--if-match', ETag));
    await lake.saw('conditional');
  });

  it("reads versions, tags, attributes and the bucket's location", async () => {
    const key = ['--key', VERSIONED_KEY] as const;
    const { Versions = [] } = (await api('list-object-versions', '--prefix', VERSIONED_KEY)) as {
      Versions?: { VersionId: string; IsLatest: boolean }[];
    };
    assert.deepEqual(
      Versions.map(({ IsLatest }) => IsLatest),
      [true, false],
    );
    await api('get-object', ...key, '--version-id', Versions[1]?.VersionId ?? '', 'version');
    assert.equal(await readFile(join(lake.directory, 'version'), 'utf8'), 'first');
    assert.deepEqual((await api('get-object-tagging', ...key))['TagSet'], [{ Key: 'team', Value: 'lake' }]);
    const attributes = await api(
      'get-object-attributes',
      ...key,
      '--object-attributes',
      'ObjectSize',
      'ETag',
    );
    assert.equal(attributes['ObjectSize'], 'second'.length);
    const { Contents = [] } = (await api('list-objects', '--prefix', 'raw/public/o')) as {
      Contents?: { Key: string }[];
    };
    assert.deepEqual(
      Contents.map(({ Key }) => Key),
      [ORDERS_KEY],
    );
    assert.equal((await api('get-bucket-location'))['LocationConstraint'], 'eu-west-1');
    await api('head-bucket');
    await lake.saw('ListObjectVersions', 'versionId', 'GetObjectTagging', 'GetObjectAttributes');
    await lake.saw('ListObjects', 'GetBucketLocation', 'HeadBucket');
  });
});
