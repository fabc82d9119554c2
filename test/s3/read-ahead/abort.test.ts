// If a response with read-ahead is no longer needed, it is also aborted at S3, even if none of its body has been read.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { it } from 'node:test';
import { createTransport } from '../../../src/http1/transport.ts';
import { createCancellation } from '../../../src/runtime/cancellation.ts';
import { operationOn } from '../../../src/s3/operation.ts';
import { createBlockPool } from '../../../src/s3/read-ahead/block-pool.ts';
import { withReadAhead } from '../../../src/s3/read-ahead/read-ahead.ts';
import { createReader, isS3Error } from '../../../src/s3/read.ts';
import { createSigner } from '../../../src/s3/signature.ts';
import { bucketWith } from '../../support/bucket.ts';
import { startStandIn } from '../../support/stand-in.ts';

it('a response with read-ahead that is aborted before it is read is also aborted at S3', async () => {
  const closed = Promise.withResolvers<undefined>();
  const s3 = await startStandIn(async (_request, response) => {
    response.writeHead(200, { etag: '"e1"', 'content-length': 32 * 1024 * 1024 });
    response.write('the first bytes');
    await once(response, 'close');
    closed.resolve(undefined);
  });
  const transport = createTransport({ stallMs: 60_000 });
  const { read } = createReader({
    transport,
    sign: createSigner(),
    defaultRegion: 'eu-west-1',
    onRegionLearned: () => undefined,
  });
  const ahead = withReadAhead(read, {
    connections: 4,
    pool: createBlockPool(64 * 1024 * 1024),
    metrics: {
      readAheadPart: () => undefined,
      readAheadFallback: () => undefined,
      readAheadEnded: () => undefined,
    },
  });
  const operation = operationOn({ bucket: 'acme-lake', key: 'a' }, 'GET', new Map());
  assert.ok(operation.kind === 'object');
  const bucket = bucketWith({ region: 'eu-west-1', endpoint: s3.origin });
  const credentials = { accessKeyId: 'AKIA', secretAccessKey: 'secret', sessionToken: 'token' };
  const session = { roleName: 'lake', credentials: () => credentials, replace: () => undefined };
  try {
    const response = await ahead(bucket, operation, session, {
      headers: [],
      amzHeaders: [],
      cancellation: createCancellation(),
      caller: 'reader',
      requestId: '1',
    });
    assert.ok(!isS3Error(response));
    response.abort();
    await closed.promise;
  } finally {
    transport.close();
    s3.close();
  }
});
