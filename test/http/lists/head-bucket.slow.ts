// For a HEAD request for a bucket, the bridge checks with S3 that the bucket exists, so clients can rely on the result.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { CreateBucketCommand, DeleteBucketCommand } from '@aws-sdk/client-s3';
import { configured, emailOf } from '../../support/configuration.ts';
import { startClockedWire } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import type { Reply } from '../../support/http-request.ts';
import { ownerOf } from '../../support/owner.ts';
import type { CallerName } from '../../support/wire.ts';

const BUCKETS = {
  'acme-lake': 'role: lake',
  'acme-other-name': 'role: lake, target: acme-lake',
  'acme-gone': 'role: lake',
  'acme-passing': 'role: lake',
};

describe('HEAD of a bucket', () => {
  let wire: ClockedWire;
  before(async () => {
    const grants = Object.keys(BUCKETS).flatMap((bucket) => [
      `callers: [${emailOf('reader')}], allow: [get], bucket: ${bucket}, prefix: raw/private/`,
      `callers: [${emailOf('scoped')}], allow: [get], bucket: ${bucket}, key: README.txt`,
      `callers: [${emailOf('scoped')}], allow: [list], bucket: ${bucket}, prefix: raw/public/`,
    ]);
    wire = await startClockedWire({ config: configured({ buckets: BUCKETS, grants }) });
  });
  after(() => wire.close());

  const head = (bucket: string, as: CallerName = 'scoped'): Promise<Reply> =>
    wire.get(`/${bucket}`, { as, method: 'HEAD' });
  const targets = async (): Promise<unknown[]> => (await wire.calls('s3')).map(({ path }) => path);

  it('requests an empty listing of a granted prefix from S3, at most once a minute', async () => {
    await wire.forgetCalls();
    const expected = ['/acme-lake?list-type=2&max-keys=0&prefix=raw%2Fpublic%2F'];
    for (let i = 0; i < 3; i += 1) {
      const { status, headers, text } = await head('acme-lake');
      assert.deepEqual([status, headers['x-amz-bucket-region'], text], [200, 'eu-west-1', '']);
      assert.deepEqual(await targets(), expected);
    }
    // A second caller's request causes no further call to S3.
    assert.equal((await head('acme-lake', 'reader')).status, 200);
    assert.deepEqual(await targets(), expected);
    await wire.passed(61);
    assert.equal((await head('acme-lake')).status, 200);
    assert.deepEqual(await targets(), [...expected, ...expected]);
  });

  it('requests the target bucket from S3 if the configuration sets a target', async () => {
    await wire.forgetCalls();
    assert.equal((await head('acme-other-name')).status, 200);
    assert.deepEqual(await targets(), ['/acme-lake?list-type=2&max-keys=0&prefix=raw%2Fpublic%2F']);
  });

  for (const as of ['scoped', 'reader'] as const) {
    it(`returns 404 to the caller ${as} if the configured bucket does not exist`, async () => {
      const reply = await head('acme-gone', as);
      assert.deepEqual(
        [reply.status, reply.headers['x-fedbridge-error'], reply.text],
        [404, 'not_found', ''],
      );
      const line = await wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);
      assert.deepEqual([line['operation'], line['status']], ['HeadBucket', 404]);
      assert.equal((line['s3'] as { code: string }).code, 'NoSuchBucket');
      assert.match(String(line['remedy']), /The configured bucket does not exist in S3/);
    });
  }

  it('returns 200 to a caller without permission to list, even though S3 denies the listing', async () => {
    await wire.passed(200);
    await wire.forgetCalls();
    assert.equal((await head('acme-lake', 'reader')).status, 200);
    assert.deepEqual(
      (await wire.calls('s3')).map(({ status }) => status),
      [403],
    );
  });

  it('detects a new bucket immediately, and a deleted one when the cached result expires', async () => {
    const owner = ownerOf(wire);
    assert.equal((await head('acme-passing')).status, 404);
    await owner.send(new CreateBucketCommand({ Bucket: 'acme-passing' }));
    assert.equal((await head('acme-passing')).status, 200);
    await owner.send(new DeleteBucketCommand({ Bucket: 'acme-passing' }));
    await wire.passed(400);
    assert.equal((await head('acme-passing')).status, 404);
    owner.destroy();
  });

  it('fails if S3 fails, and does not call S3 for a caller without a grant', async () => {
    await wire.passed(500);
    await wire.fault({ upstream: 's3', fault: 'error', code: 'InternalError' });
    const failed = await head('acme-lake');
    await wire.clearFaults();
    assert.deepEqual([failed.status, failed.headers['x-fedbridge-error']], [500, 'upstream_failed']);
    await wire.forgetCalls();
    assert.equal((await head('acme-lake', 'stranger')).status, 403);
    assert.deepEqual(await targets(), []);
  });
});
