// s3cmd of Debian against the bridge. Its keys come from the environment: of those in its file it would ask AWS's metadata server.
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import * as lakes from './lake.ts';
import { BUCKET, failed, keysFor, ORDERS, ORDERS_KEY, PRIVATE_KEY, succeeded } from './lake.ts';
import type { Lake } from './lake.ts';
import type { Ended } from './program.ts';
import { unavailable } from './program.ts';
import { digestsBelow, TREE_DIGESTS } from './tree.ts';

const configOf = (host: string): string => `[default]
host_base = ${host}
host_bucket = ${host}
use_https = False
bucket_location = eu-west-1
`;

describe('s3cmd', { skip: unavailable('s3cmd') }, () => {
  let lake: Lake;
  before(async () => {
    lake = await lakes.startLake('s3cmd');
    await lakes.fill(lake);
    await writeFile(join(lake.directory, '.s3cfg'), configOf(new URL(lake.url).host));
  });
  after(() => lake.close());

  const as = (token: string, ...args: readonly string[]): Promise<Ended> =>
    lake.run('s3cmd', ['--no-progress', ...args], { env: keysFor(token) });
  const s3cmd = async (...args: readonly string[]): Promise<string> =>
    succeeded(await as(lake.tokens.reader, ...args));

  it('lists recursively, by prefix, and the buckets', async () => {
    const tree = await s3cmd('ls', '--recursive', `s3://${BUCKET}/tree/`);
    assert.equal(tree.trimEnd().split('\n').length, TREE_DIGESTS.size);
    const below = await s3cmd('ls', `s3://${BUCKET}/raw/`);
    assert.match(
      below,
      /^ +DIR +s3:\/\/acme-lake\/raw\/private\/\n +DIR +s3:\/\/acme-lake\/raw\/public\/\n$/,
    );
    assert.match(await s3cmd('ls'), /s3:\/\/acme-lake\n$/);
    await lake.saw('ListObjects', 'ListBuckets');
  });

  it('reads an object whole, and the rest of one that it has in part', async () => {
    assert.equal(await s3cmd('get', `s3://${BUCKET}/${ORDERS_KEY}`, '-'), ORDERS);
    const part = join(lake.directory, 'part');
    await writeFile(part, ORDERS.slice(0, 10));
    await s3cmd('get', '--continue', `s3://${BUCKET}/${ORDERS_KEY}`, part);
    assert.equal(await readFile(part, 'utf8'), ORDERS);
    await lake.saw('GetObject', 'HeadObject', 'range');
  });

  it('syncs a tree with odd keys', async () => {
    const tree = join(lake.directory, 'tree');
    await mkdir(tree);
    await s3cmd('sync', `s3://${BUCKET}/tree/`, `${tree}/`);
    assert.deepEqual(await digestsBelow(tree), TREE_DIGESTS);
  });

  it('says that a key is missing, that it may not read, that its token is over', async () => {
    const { reader, scoped, expired } = lake.tokens;
    const get = (token: string, key: string) => as(token, 'get', `s3://${BUCKET}/${key}`, 'copy');
    failed(await get(reader, 'none'), /Source object 's3:\/\/acme-lake\/none' does not exist/);
    failed(await get(scoped, PRIVATE_KEY), /403 \(Forbidden\)/);
    failed(
      await as(scoped, 'ls', `s3://${BUCKET}/raw/private/`),
      /403 \(AccessDenied\): You may not read this/,
    );
    failed(
      await as(expired, 'ls', `s3://${BUCKET}/`),
      /400 \(ExpiredToken\): The identity token has expired/,
    );
  });
});
