// The AWS SDK sends the Google token as its session token, and receives S3 error codes that it can act on.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { GetObjectCommand, HeadObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { googleClaims, inSeconds } from '../../support/google-claims.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const OBJECT = { Bucket: 'acme-lake', Key: 'raw/public/orders.csv' };

describe('the AWS SDK', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire();
  });
  after(() => wire.close());

  const clientWith = (token: string): S3Client =>
    new S3Client({
      endpoint: wire.bridge.url,
      region: 'eu-west-1',
      forcePathStyle: true,
      maxAttempts: 1,
      credentials: { accessKeyId: 'placeholder', secretAccessKey: 'placeholder', sessionToken: token },
    });
  const refusalOf = async (token: string): Promise<readonly unknown[]> => {
    const client = clientWith(token);
    const error: unknown = await client.send(new GetObjectCommand(OBJECT)).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    client.destroy();
    assert.ok(error instanceof S3ServiceException, String(error));
    return [error.name, error.$metadata.httpStatusCode];
  };

  it('reads an object with the Google token as its session token', async () => {
    const client = clientWith(await wire.token('reader'));
    const { Body } = await client.send(new GetObjectCommand(OBJECT));
    assert.match((await Body?.transformToString()) ?? '', /^id,item,quantity/);
    assert.equal((await client.send(new HeadObjectCommand(OBJECT))).ContentLength, 55);
    client.destroy();
  });

  it('receives an S3 error code if the token is expired or invalid, or if no grant names its caller', async () => {
    const expired = wire.sandbox.mint(googleClaims(wire, 'reader', { exp: inSeconds(-120) }));
    assert.deepEqual(await refusalOf(expired), ['ExpiredToken', 400]);
    const forged = wire.sandbox.mint(googleClaims(wire, 'reader'), {}, 'foreign');
    assert.deepEqual(await refusalOf(forged), ['InvalidToken', 400]);
    assert.deepEqual(await refusalOf('an-aws-session-token//////////'), ['InvalidToken', 400]);
    assert.deepEqual(await refusalOf(await wire.token('stranger')), ['AccessDenied', 403]);
  });
});
