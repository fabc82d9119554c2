// A pod's token is a file that Kubernetes replaces before the token expires. An unmodified S3 client that rereads the file
// whenever it needs new credentials can read for longer than any single token is valid.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { inSeconds } from '../../support/google-claims.ts';
import { clusterToken } from '../../support/issuers.ts';
import { READABLE } from '../../support/refused-token.ts';
import { asBearer } from '../../support/token-headers.ts';
import { until } from '../../support/until.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

/** The bridge accepts a token for this long after its expiry, because of clock skew. */
const TOLERANCE_SECONDS = 60;

describe('a token file that Kubernetes replaces regularly', () => {
  let wire: Wire;
  let directory: string;
  before(async () => {
    wire = await startWire();
    directory = await mkdtemp(join(tmpdir(), 'fedbridge-token-'));
  });
  after(async () => {
    await wire.close();
    await rm(directory, { recursive: true });
  });

  /** Replaces the file atomically, as Kubernetes does. */
  const project = async (token: string): Promise<void> => {
    await writeFile(join(directory, 'next'), token);
    await rename(join(directory, 'next'), join(directory, 'token'));
  };
  const expiringIn = (seconds: number): Promise<string> =>
    clusterToken(wire, 'analytics/etl', { claims: { exp: inSeconds(seconds - TOLERANCE_SECONDS) } });

  it('lets an S3 client continue to read after the first token has expired', async () => {
    const first = await expiringIn(3);
    await project(first);
    const s3 = new S3Client({
      endpoint: wire.bridge.url,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: async () => ({
        accessKeyId: 'fedbridge',
        secretAccessKey: 'not-a-secret',
        sessionToken: await readFile(join(directory, 'token'), 'utf8'),
        // The SDK calls this function again for each request, because the credentials always expire soon.
        expiration: new Date(Date.now() + 60_000),
      }),
    });
    const read = async (): Promise<string | undefined> => {
      const { Body } = await s3.send(
        new GetObjectCommand({ Bucket: 'acme-lake', Key: 'raw/public/orders.csv' }),
      );
      return Body?.transformToString();
    };
    const content = await read();
    assert.match(content ?? '', /^id,item,quantity/);
    await until('the first token has expired', async () => {
      return (await wire.get(READABLE, { headers: asBearer(first) })).status === 401;
    });
    await assert.rejects(read(), { name: 'ExpiredToken' });
    await project(await expiringIn(3600));
    assert.equal(await read(), content);
    await wire.control('POST', '/keys', { action: 'rotate', upstream: 'issuer' });
    await project(await expiringIn(3600));
    assert.equal(await read(), content, 'also after the cluster has changed its key');
    s3.destroy();
  });
});
