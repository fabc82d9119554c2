// Runs Debian's s3cmd against the bridge. The access keys are in the environment, because s3cmd calls AWS's metadata server if
// its configuration file contains them.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startFrontEnd } from '../support/cloud-run-front-end.ts';
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

  it('lists objects recursively and by prefix, and lists the buckets', async () => {
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

  it('reads a whole object, and resumes a partial download', async () => {
    assert.equal(await s3cmd('get', `s3://${BUCKET}/${ORDERS_KEY}`, '-'), ORDERS);
    const part = join(lake.directory, 'part');
    await writeFile(part, ORDERS.slice(0, 10));
    await s3cmd('get', '--continue', `s3://${BUCKET}/${ORDERS_KEY}`, part);
    assert.equal(await readFile(part, 'utf8'), ORDERS);
    await lake.saw('GetObject', 'HeadObject', 'range');
  });

  it('syncs a tree with unusual keys', async () => {
    const tree = join(lake.directory, 'tree');
    await mkdir(tree);
    await s3cmd('sync', `s3://${BUCKET}/tree/`, `${tree}/`);
    assert.deepEqual(await digestsBelow(tree), TREE_DIGESTS);
  });

  it('reports a missing key, a denial and an expired token', async () => {
    const { reader, scoped, expired } = lake.tokens;
    const get = (token: string, key: string) => as(token, 'get', `s3://${BUCKET}/${key}`, 'copy');
    failed(await get(reader, 'none'), /Source object 's3:\/\/acme-lake\/none' does not exist/);
    failed(await get(scoped, PRIVATE_KEY), /403 \(Forbidden\)/);
    failed(
      await as(scoped, 'ls', `s3://${BUCKET}/raw/private/`),
      /403 \(AccessDenied\): You are not allowed to read this/,
    );
    failed(
      await as(expired, 'ls', `s3://${BUCKET}/`),
      /400 \(ExpiredToken\): The identity token has expired/,
    );
  });
});

/** Cloud Run's front end rejects an HTTP/1 response with a Content-Length of this size. */
const LARGE = 34_000_000;

describe("s3cmd behind Cloud Run's front end", { skip: unavailable('s3cmd') }, () => {
  it('reads a large object if the port is named h2c', async (test) => {
    const lake = await lakes.startLake(undefined, {
      environment: { K_SERVICE: 'lake-bridge', K_REVISION: 'lake-bridge-00001' },
    });
    test.after(() => lake.close());
    const front = await startFrontEnd(lake.url, { portName: 'h2c' });
    test.after(front.close);
    const large = randomBytes(LARGE);
    await lake.wire.put('large.bin', large);
    await writeFile(join(lake.directory, '.s3cfg'), configOf(new URL(front.url).host));
    const copy = join(lake.directory, 'copy');
    succeeded(
      await lake.run('s3cmd', ['--no-progress', 'get', `s3://${BUCKET}/large.bin`, copy], {
        env: keysFor(lake.tokens.reader),
      }),
    );
    assert.ok((await readFile(copy)).equals(large));
  });
});
