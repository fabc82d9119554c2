// Clients with default settings read a 64 MiB object from an S3 that limits the rate of each connection: the bridge reads it over
// several connections, although each client sends one GET.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, it } from 'node:test';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { configured, READER_MAY_ALL } from '../support/configuration.ts';
import { startStandIn } from '../support/stand-in.ts';
import type { StandIn } from '../support/stand-in.ts';
import { HAS_BOTO3 } from './boto3.ts';
import { BUCKET, keysFor, startLake, succeeded } from './lake.ts';
import type { Lake } from './lake.ts';
import { unavailable } from './program.ts';

const MIB = 1024 * 1024;
const BODY = Buffer.alloc(64 * MIB);
for (let i = 0; i < BODY.length; i += 4) BODY.writeUInt32LE((i * 2_654_435_761) % 2 ** 32, i);
const DIGEST = createHash('sha256').update(BODY).digest('hex');

/** At most 64 KiB every 6 ms: about 10 MiB/s, which each client can receive. */
const [PIECE_BYTES, PIECE_MS] = [64 * 1024, 6];

async function sendSlowly(response: ServerResponse, body: Buffer): Promise<void> {
  for (let at = 0; at < body.length && !response.destroyed; at += PIECE_BYTES) {
    response.write(body.subarray(at, at + PIECE_BYTES));
    await sleep(PIECE_MS);
  }
  response.end();
}

const READ_WITH_BOTO3 = `
import boto3, hashlib, os
s3 = boto3.client("s3", endpoint_url=os.environ["ENDPOINT"], region_name="eu-west-1")
body = s3.get_object(Bucket="${BUCKET}", Key="large")["Body"].read()
print(hashlib.sha256(body).hexdigest())
`;

describe('a GetObject request for 64 MiB', () => {
  let s3: StandIn;
  let lake: Lake;
  before(async () => {
    s3 = await startStandIn(async (request, response) => {
      const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
      const [first, last] = [Number(from ?? 0), Number(to ?? BODY.length - 1)];
      response.writeHead(from === undefined ? 200 : 206, {
        etag: '"e1"',
        'content-length': last - first + 1,
        ...(from === undefined ? {} : { 'content-range': `bytes ${first}-${last}/${BODY.length}` }),
      });
      await sendSlowly(response, BODY.subarray(first, last + 1));
    });
    lake = await startLake(undefined, {
      config: configured({
        buckets: { [BUCKET]: `role: lake, region: eu-west-1, endpoint: "${s3.origin}"` },
        grants: [READER_MAY_ALL],
      }),
    });
  });
  after(async () => {
    await lake.close();
    s3.close();
  });

  const assertReadAhead = async (agent: RegExp): Promise<void> => {
    const line = await lake.wire.bridge.line(
      ({ operation, httpRequest }) =>
        operation === 'GetObject' && agent.test((httpRequest as { userAgent?: string }).userAgent ?? ''),
    );
    assert.equal(line['status'], 200);
    assert.ok(Number(line['parts']) > 1, `parts: ${String(line['parts'])}`);
  };

  it(
    'from boto3 uses several connections to S3',
    { skip: HAS_BOTO3 ? false : 'skipped, because boto3 is not installed' },
    async () => {
      const env = { ...keysFor(lake.tokens.reader), ENDPOINT: lake.url };
      assert.equal(succeeded(await lake.run('python3', ['-c', READ_WITH_BOTO3], { env })).trim(), DIGEST);
      await assertReadAhead(/^Boto3/);
    },
  );

  it('from the AWS SDK for JavaScript uses several connections to S3', async () => {
    const client = new S3Client({
      endpoint: lake.url,
      region: 'eu-west-1',
      forcePathStyle: true,
      credentials: { accessKeyId: 'any', secretAccessKey: 'any', sessionToken: lake.tokens.reader },
    });
    const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'large' }));
    const body = await Body?.transformToByteArray();
    client.destroy();
    assert.equal(
      createHash('sha256')
        .update(body ?? '')
        .digest('hex'),
      DIGEST,
    );
    await assertReadAhead(/^aws-sdk-js/);
  });

  it('from the AWS CLI uses several connections to S3', { skip: unavailable('aws') }, async () => {
    const file = join(lake.directory, 'large');
    const object = ['--bucket', BUCKET, '--key', 'large'];
    const args = [
      '--endpoint-url',
      lake.url,
      '--region',
      'eu-west-1',
      's3api',
      'get-object',
      ...object,
      file,
    ];
    succeeded(await lake.run('aws', args, { env: { ...keysFor(lake.tokens.reader), AWS_PAGER: '' } }));
    const hash = createHash('sha256');
    await pipeline(createReadStream(file), hash);
    assert.equal(hash.digest('hex'), DIGEST);
    await assertReadAhead(/^aws-cli/);
  });
});
