// S3 clients that cannot renew a token work through `fedbridge proxy` for longer than a token is valid. The clocks of the
// sandbox, the bridge and the proxy are advanced; the clients keep real time.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startProxyProcess } from '../caller/proxy-process.ts';
import type { ProxyProcess } from '../caller/proxy-process.ts';
import { fakedClocks } from '../support/faked-clock.ts';
import type { FakedClocks } from '../support/faked-clock.ts';
import { until } from '../support/until.ts';
import * as lakes from './lake.ts';
import { BUCKET, failed, ORDERS, ORDERS_KEY, succeeded } from './lake.ts';
import type { Lake } from './lake.ts';
import { unavailable } from './program.ts';
import { digestsBelow, TREE_DIGESTS } from './tree.ts';

/** A time longer than the lifetimes of two tokens. */
const LATER_SECONDS = 3 * 3600;

const hasFuse = existsSync('/dev/fuse') || process.env['CI'] !== undefined;

describe('through fedbridge proxy', () => {
  let lake: Lake;
  let proxy: ProxyProcess;
  let clocks: FakedClocks;
  let passedSeconds = 0;
  before(async () => {
    clocks = await fakedClocks();
    lake = await lakes.startLake(undefined, { environment: clocks.environment });
    await lakes.fill(lake);
    const machine = await lake.wire.sandbox.machineOf('reader');
    proxy = await startProxyProcess(
      ['--audience', lake.wire.sandbox.contract.audience, '--upstream', lake.url],
      { ...clocks.environment, GCE_METADATA_HOST: new URL(machine).host },
    );
  });
  after(async () => {
    await proxy.stop();
    await lake.close();
    await clocks.remove();
  });

  async function pass(seconds: number): Promise<void> {
    passedSeconds += seconds;
    await lake.wire.control('PUT', '/clock', { offsetSeconds: passedSeconds });
    await clocks.setClocks({ wallAheadMs: passedSeconds * 1000 });
  }
  /** Advances the clocks, so that the tokens issued so far expire. */
  async function outliveToken(): Promise<void> {
    const headers = { authorization: `Bearer ${await lake.wire.token('reader')}` };
    const status = async () => (await lake.wire.get(`/${BUCKET}/${ORDERS_KEY}`, { headers })).status;
    assert.equal(await status(), 200);
    await pass(LATER_SECONDS);
    assert.equal(await status(), 401, 'the token has expired');
  }
  const configOf = (host: string): string =>
    `[default]\nhost_base = ${host}\nhost_bucket = ${host}\nuse_https = False\nbucket_location = us-east-1\n`;

  it(
    'an s3fs mount keeps working after its token has expired',
    { skip: hasFuse ? unavailable('s3fs', 'fusermount') : 'skipped, because this machine has no /dev/fuse' },
    async (test) => {
      const root = join(lake.directory, 'mounted');
      await mkdir(root);
      const passwords = join(lake.directory, 'passwd-s3fs');
      await writeFile(passwords, `${proxy.accessKey}:not-a-secret`, { mode: 0o600 });
      const options = [
        `passwd_file=${passwords}`,
        `url=${proxy.url}`,
        'endpoint=us-east-1',
        'use_path_request_style',
        'ro',
      ];
      // Without this option, s3fs would respond from its cache.
      options.push('stat_cache_expire=1');
      test.after(() => lake.run('fusermount', ['-u', '-z', root]));
      succeeded(await lake.run('s3fs', [BUCKET, root, ...options.flatMap((option) => ['-o', option])]));
      await until('s3fs has mounted the bucket', async () => (await readdir(root)).includes('raw'));
      assert.equal(await readFile(join(root, ORDERS_KEY), 'utf8'), ORDERS);
      for (let life = 0; life < 2; life += 1) {
        await outliveToken();
        await lake.wire.forgetCalls();
        assert.deepEqual((await readdir(join(root, 'raw'))).sort(), ['private', 'public']);
        assert.deepEqual(await digestsBelow(join(root, 'tree')), TREE_DIGESTS);
        await lake.wire.put(`later/${life}.txt`, `life ${life}`);
        assert.equal(await readFile(join(root, `later/${life}.txt`), 'utf8'), `life ${life}`);
        assert.ok((await lake.wire.calls('s3')).length > 0, 'the bridge has read from S3');
      }
    },
  );

  it('an s3cmd sync continues after its token has expired', { skip: unavailable('s3cmd') }, async () => {
    const config = join(lake.directory, 'proxy.s3cfg');
    await writeFile(config, configOf(new URL(proxy.url).host));
    const tree = join(lake.directory, 'tree');
    await mkdir(tree);
    await lake.wire.forgetCalls();
    await lake.wire.fault({ upstream: 's3', fault: 'hold', path: 'two.parts' });
    const args = ['-c', config, '--no-progress', 'sync', `s3://${BUCKET}/tree/`, `${tree}/`];
    const { AWS_ACCESS_KEY_ID = '' } = proxy.variables;
    const env = {
      AWS_ACCESS_KEY_ID,
      AWS_SECRET_ACCESS_KEY: 'not-a-secret',
      AWS_EC2_METADATA_DISABLED: 'true',
    };
    const syncing = lake.run('s3cmd', args, { env });
    await until('s3cmd is in the middle of its sync', async () =>
      (await lake.wire.calls('s3')).some(({ path }) => String(path).includes('two.parts')),
    );
    await outliveToken();
    await lake.wire.clearFaults();
    succeeded(await syncing);
    assert.deepEqual(await digestsBelow(tree), TREE_DIGESTS);
    await outliveToken();
    await lake.wire.put('tree/plain.csv', 'changed');
    succeeded(await lake.run('s3cmd', args, { env }));
    assert.equal(await readFile(join(tree, 'plain.csv'), 'utf8'), 'changed');
  });

  it('s3cmd reports that its access key is wrong', { skip: unavailable('s3cmd') }, async () => {
    const config = join(lake.directory, 'wrong.s3cfg');
    await writeFile(config, configOf(new URL(proxy.url).host));
    const env = { AWS_ACCESS_KEY_ID: 'wrong', AWS_SECRET_ACCESS_KEY: 'not-a-secret' };
    failed(
      await lake.run('s3cmd', ['-c', config, 'ls', `s3://${BUCKET}/`], { env }),
      /403 \(InvalidAccessKeyId\): The proxy's access key is missing or wrong/,
    );
  });

  it("neither the token nor the access key appears in the bridge's log, or on the terminal after startup", () => {
    for (const text of [lake.wire.bridge.output(), proxy.stdout(), proxy.stderr()])
      assert.doesNotMatch(text, /eyJ/);
    assert.ok(!lake.wire.bridge.output().includes(proxy.accessKey));
    assert.equal(proxy.stderr(), '');
  });
});
