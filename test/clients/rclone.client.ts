// Runs Debian's rclone against the bridge. With `provider = Other`, rclone uses path-style URLs and needs the two listing
// settings. With `provider = AWS`, it does not use path-style URLs.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import * as lakes from './lake.ts';
import { BUCKET, failed, keysFor, ORDERS, ORDERS_KEY, PRIVATE_KEY, succeeded } from './lake.ts';
import type { Lake } from './lake.ts';
import type { Ended } from './program.ts';
import { unavailable } from './program.ts';
import { digestsBelow, TREE_DIGESTS } from './tree.ts';

const configOf = (endpoint: string): string => `[lake]
type = s3
provider = Other
env_auth = true
endpoint = ${endpoint}
region = eu-west-1
list_version = 2
list_url_encode = true
`;

describe('rclone', { skip: unavailable('rclone') }, () => {
  let lake: Lake;
  before(async () => {
    lake = await lakes.startLake('rclone');
    await lakes.fill(lake);
    await mkdir(join(lake.directory, '.config/rclone'), { recursive: true });
    await writeFile(join(lake.directory, '.config/rclone/rclone.conf'), configOf(lake.url));
  });
  after(() => lake.close());

  // By default, rclone retries ten times with pauses if the token has expired.
  const as = (token: string, ...args: readonly string[]): Promise<Ended> =>
    lake.run('rclone', ['--retries', '1', '--low-level-retries', '1', ...args], { env: keysFor(token) });
  const rclone = async (...args: readonly string[]): Promise<string> =>
    succeeded(await as(lake.tokens.reader, ...args));

  it('lists objects recursively and by prefix, and lists the buckets', async () => {
    const tree = (await rclone('lsf', '-R', '--files-only', `lake:${BUCKET}/tree`)).trimEnd().split('\n');
    assert.deepEqual(tree.sort(), [...TREE_DIGESTS.keys()].sort());
    assert.equal(await rclone('lsf', `lake:${BUCKET}/raw`), 'private/\npublic/\n');
    assert.equal(await rclone('lsf', 'lake:'), `${BUCKET}/\n`);
    assert.equal(await rclone('lsf', '--s3-list-version', '1', `lake:${BUCKET}/raw`), 'private/\npublic/\n');
    assert.match(await rclone('lsf', '-R', '--s3-versions', `lake:${BUCKET}/versions`), /^note-v.*\.txt$/m);
    await lake.saw('ListObjectsV2', 'ListObjects', 'ListBuckets', 'ListObjectVersions');
  });

  it('reads a whole object and part of an object', async () => {
    assert.equal(await rclone('cat', `lake:${BUCKET}/${ORDERS_KEY}`), ORDERS);
    const part = await rclone('cat', '--offset', '17', '--count', '8', `lake:${BUCKET}/${ORDERS_KEY}`);
    assert.equal(part, lakes.ORDERS_PART);
    await lake.saw('GetObject', 'HeadObject', 'range');
  });

  it('syncs a tree with unusual keys, and does not find any difference afterward', async () => {
    await rclone('sync', `lake:${BUCKET}/tree`, 'tree');
    assert.deepEqual(await digestsBelow(join(lake.directory, 'tree')), TREE_DIGESTS);
    succeeded(await as(lake.tokens.reader, 'check', '--download', `lake:${BUCKET}/tree`, 'tree'));
  });

  it('reports a missing key, a denial and an expired token', async () => {
    const { reader, scoped, expired } = lake.tokens;
    // rclone treats a missing key as an empty directory, except when it copies an object to a file.
    assert.equal(await rclone('cat', `lake:${BUCKET}/none`), '');
    await writeFile(join(lake.directory, 'copy'), '');
    failed(await as(reader, 'copyto', `lake:${BUCKET}/none`, 'copy'), /Source doesn't exist/);
    failed(
      await as(scoped, 'cat', `lake:${BUCKET}/${PRIVATE_KEY}`),
      /AccessDenied: You are not allowed to read this/,
    );
    failed(await as(scoped, 'lsf', `lake:${BUCKET}/raw/private`), /AccessDenied/);
    failed(await as(expired, 'lsf', `lake:${BUCKET}`), /ExpiredToken: The identity token has expired/);
  });
});
