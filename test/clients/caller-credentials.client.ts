// S3 clients on a Google Cloud machine can get their token with only a `credential_process` setting.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { callBoto3, HAS_BOTO3 } from './boto3.ts';
import * as lakes from './lake.ts';
import { BUCKET, failed, ORDERS, ORDERS_KEY, PRIVATE_KEY, succeeded } from './lake.ts';
import type { Lake } from './lake.ts';
import { unavailable } from './program.ts';

const ROOT = new URL('../..', import.meta.url).pathname;
const WAYS = {
  'fedbridge caller-credentials': `${process.execPath} ${ROOT}src/main.ts caller-credentials`,
  'caller-credentials.sh': `/bin/sh ${ROOT}deploy/caller-credentials.sh`,
};
const ORDERS_OBJECT = { Bucket: BUCKET, Key: ORDERS_KEY };

for (const [way, command] of Object.entries(WAYS)) {
  describe(`credential_process = ${way}`, () => {
    let lake: Lake;
    let env: Record<string, string>;
    /** The environment for a program on this caller's machine, where the sandbox's metadata server replaces Google's. */
    const machineOf = async (caller: 'reader' | 'scoped'): Promise<Record<string, string>> => ({
      GCE_METADATA_HOST: new URL(await lake.wire.sandbox.machineOf(caller)).host,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_PAGER: '',
    });
    before(async () => {
      lake = await lakes.startLake();
      env = await machineOf('reader');
      await mkdir(join(lake.directory, '.aws'));
      const config = [
        '[default]',
        'region = eu-west-1',
        `credential_process = ${command} --audience ${lake.wire.sandbox.contract.audience}`,
        's3 =',
        '  addressing_style = path\n',
      ];
      await writeFile(join(lake.directory, '.aws/config'), config.join('\n'));
    });
    after(() => lake.close());

    it(
      "lets the AWS CLI read an object with its machine's identity",
      { skip: unavailable('aws') },
      async () => {
        const aws = async (machine: Record<string, string>, ...args: string[]) =>
          lake.run('aws', ['--endpoint-url', lake.url, ...args], { env: machine });
        const copy = ['s3', 'cp', `s3://${BUCKET}/${ORDERS_KEY}`, '-'];
        assert.equal(succeeded(await aws(env, ...copy)), ORDERS);
        const scoped = await machineOf('scoped');
        assert.equal(succeeded(await aws(scoped, ...copy)), ORDERS);
        const denied = ['s3api', 'get-object', '--bucket', BUCKET, '--key', PRIVATE_KEY, 'copy'];
        failed(await aws(scoped, ...denied), /\(AccessDenied\)/);
      },
    );

    it(
      "lets boto3 read an object with its machine's identity, and supplies a new token before the old one expires",
      { skip: !HAS_BOTO3 },
      async () => {
        // Because tokens have such a short lifetime here, boto3 fetches a new token before each request.
        await lake.wire.control('PUT', '/durations', { identityToken: 60 });
        await lake.wire.forgetCalls();
        const bodies = await callBoto3(lake, env, [
          ['get_object', ORDERS_OBJECT],
          ['get_object', ORDERS_OBJECT],
        ]);
        assert.deepEqual(
          bodies.map(({ Body }) => Body),
          [ORDERS, ORDERS],
        );
        const asked = (await lake.wire.calls('metadata')).filter(({ path }) =>
          String(path).includes('/identity?'),
        );
        assert.ok(asked.length > 1, `${asked.length} requests to the metadata server`);
        await lake.wire.control('PUT', '/durations', { identityToken: null });
      },
    );

    it(
      'makes the AWS CLI show an error that names the metadata server if that server is unreachable',
      { skip: unavailable('aws') },
      async () => {
        const off = { ...env, GCE_METADATA_HOST: '127.0.0.1:1' };
        const ended = await lake.run('aws', ['--endpoint-url', lake.url, 's3', 'ls'], { env: off });
        failed(ended, /[Cc]redentials.*metadata server/s);
      },
    );
  });
}
