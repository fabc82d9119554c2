// Mounts the bucket as a directory with Debian's s3fs, which must be allowed to list the whole bucket.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import * as lakes from './lake.ts';
import { BUCKET, keysFor, ORDERS, ORDERS_KEY, succeeded } from './lake.ts';
import type { Lake } from './lake.ts';
import { unavailable } from './program.ts';
import { digestsBelow, TREE_DIGESTS } from './tree.ts';

const skip =
  existsSync('/dev/fuse') || process.env['CI'] !== undefined
    ? unavailable('s3fs', 'fusermount')
    : 'skipped, because this machine has no /dev/fuse';

const LOG_MS = 10_000;

describe('s3fs', { skip }, () => {
  let lake: Lake;
  const mounted: string[] = [];
  before(async () => {
    lake = await lakes.startLake('s3fs');
    await lakes.fill(lake);
  });
  after(async () => {
    // Unmounting fails harmlessly if s3fs has already exited.
    for (const directory of mounted) await lake.run('fusermount', ['-u', '-z', directory]);
    await lake.close();
  });

  /** Mounts the bucket as a caller; returns the directory and the path of s3fs's log. */
  async function mount(caller: keyof Lake['tokens']): Promise<{ root: string; log: string }> {
    const root = join(lake.directory, caller);
    const log = `${root}.log`;
    await mkdir(root);
    mounted.push(root);
    const options = ['use_path_request_style', 'use_session_token', 'ro', 'retries=1', 'dbglevel=err'];
    options.push(`url=${lake.url}`, 'endpoint=eu-west-1', `logfile=${log}`);
    const args = [BUCKET, root, ...options.flatMap((option) => ['-o', option])];
    succeeded(await lake.run('s3fs', args, { env: keysFor(lake.tokens[caller]) }));
    return { root, log };
  }
  /** s3fs moves to the background before its first request, so only its log shows the outcome. */
  async function untilSaid(log: string, pattern: RegExp): Promise<void> {
    const deadline = Date.now() + LOG_MS;
    for (;;) {
      const said = existsSync(log) ? await readFile(log, 'utf8') : '';
      if (pattern.test(said)) return;
      assert.ok(Date.now() < deadline, said);
      await sleep(50);
    }
  }

  it('lists a bucket, reads whole and partial objects, and copies a directory tree whose keys contain unusual characters', async () => {
    const { root } = await mount('reader');
    assert.deepEqual((await readdir(join(root, 'raw'))).sort(), ['private', 'public']);
    const orders = join(root, ORDERS_KEY);
    assert.equal(await readFile(orders, 'utf8'), ORDERS);
    const file = await open(orders);
    const { buffer } = await file.read({ buffer: Buffer.alloc(8), position: 17 });
    await file.close();
    assert.equal(buffer.toString(), lakes.ORDERS_PART);
    assert.deepEqual(await digestsBelow(join(root, 'tree')), TREE_DIGESTS);
    await lake.saw('ListObjects', 'HeadObject', 'GetObject', 'range');
    await assert.rejects(readFile(join(root, 'none')), { code: 'ENOENT' });
  });

  it('shows an object as an empty file to a caller that may list it but not read it', async () => {
    const { root, log } = await mount('lister');
    assert.equal(await readFile(join(root, 'README.txt'), 'utf8'), '');
    await untilSaid(log, /403/);
  });

  it('fails to mount a bucket if the caller is not allowed to list it or its token has expired', async () => {
    await untilSaid((await mount('scoped')).log, /403.*[^]*<Code>AccessDenied<\/Code>/);
    await untilSaid((await mount('expired')).log, /400.*[^]*<Code>ExpiredToken<\/Code>/);
  });
});
