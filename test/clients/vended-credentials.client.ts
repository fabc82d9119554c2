// Unmodified AWS clients obtain vended credentials from the bridge with only environment variables and a token file, and then
// read from S3 directly.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CURRENT_BIN, SKIP_CURRENT } from './current-python.ts';
import { PATH, run } from './program.ts';
import type { Ended } from './program.ts';
import { VEND_PATH, VENDING } from '../support/vended.ts';
import { startWire } from '../support/wire.ts';
import type { CallerName, Wire } from '../support/wire.ts';

const ROOT = join(import.meta.dirname, '../..');
const KEY = 'raw/public/orders.csv';
const PRIVATE = 'raw/private/salaries.csv';

const JS_SDK = `const { S3Client, GetObjectCommand } = await import('@aws-sdk/client-s3');
const s3 = new S3Client({ forcePathStyle: true });
const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'acme-lake', Key: process.argv[1] }));
process.stdout.write(await Body.transformToString());`;

const BOTO3 = `import boto3, sys
print(boto3.client("s3").get_object(Bucket="acme-lake", Key=sys.argv[1])["Body"].read().decode(), end="")`;

const BRIDGE_MESSAGE = /None of your grants on this bucket lets you obtain AWS credentials/;

const CLIENTS: readonly {
  readonly name: string;
  readonly skip: string | false;
  readonly program: string;
  readonly args: (key: string) => readonly string[];
  /** What the client shows if the bridge refuses. */
  readonly refusal: RegExp;
}[] = [
  {
    name: 'the JS SDK',
    skip: false,
    program: process.execPath,
    args: (key) => ['--input-type=module', '-e', JS_SDK, key],
    // The SDK's default chain hides the reason.
    refusal: /Could not load credentials from any providers/,
  },
  {
    name: 'the AWS CLI',
    skip: SKIP_CURRENT,
    program: 'aws',
    args: (key) => ['s3', 'cp', `s3://acme-lake/${key}`, '-'],
    refusal: BRIDGE_MESSAGE,
  },
  {
    name: 'boto3',
    skip: SKIP_CURRENT,
    program: 'python3',
    args: (key) => ['-c', BOTO3, key],
    refusal: BRIDGE_MESSAGE,
  },
];

describe('with container credentials from the bridge', () => {
  let wire: Wire;
  let directory: string;
  before(async () => {
    wire = await startWire({ config: VENDING });
    directory = await mkdtemp(join(tmpdir(), 'fedbridge-vended-'));
  });
  after(async () => {
    await wire.close();
    await rm(directory, { recursive: true });
  });

  const runAs = async (as: CallerName, program: string, args: readonly string[]): Promise<Ended> => {
    const file = join(directory, 'token');
    await writeFile(file, await wire.token(as));
    const { s3, region } = wire.sandbox.contract;
    return run(program, args, {
      directory: ROOT,
      env: {
        HOME: directory,
        PATH: `${CURRENT_BIN ?? ''}:${PATH}`,
        AWS_CONTAINER_CREDENTIALS_FULL_URI: `${wire.bridge.url}${VEND_PATH}`,
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file,
        AWS_ENDPOINT_URL_S3: s3,
        AWS_REGION: region,
        AWS_EC2_METADATA_DISABLED: 'true',
        PYTHONDONTWRITEBYTECODE: '1',
      },
    });
  };

  for (const { name, skip, program, args, refusal } of CLIENTS) {
    it(`${name} can read from S3, but only below the granted prefix`, { skip }, async () => {
      const expected = (await wire.get(`/acme-lake/${KEY}`, { as: 'reader' })).text;
      await wire.forgetCalls();
      const read = await runAs('reader', program, args(KEY));
      assert.deepEqual([read.code, read.stdout], [0, expected], read.said);
      const names = new Set((await wire.calls('s3')).map(({ roleSessionName }) => roleSessionName));
      assert.deepEqual([...names], ['vend=reader@acme-prod'], 'no request came from the bridge');
      const denied = await runAs('reader', program, args(PRIVATE));
      assert.notEqual(denied.code, 0);
      assert.match(denied.said, /AccessDenied|403/);
    });

    it(`${name} fails if no grant includes vend`, { skip }, async () => {
      const refused = await runAs('scoped', program, args(KEY));
      assert.notEqual(refused.code, 0);
      assert.match(refused.said, refusal);
    });
  }
});
