// HEAD of a bucket confirms with S3 that it exists, so that clients' checks for it are right.
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

  it('calls S3 for no keys under a granted prefix, and again only after a minute', async () => {
    await wire.forgetCalls();
    const asked = ['/acme-lake?list-type=2&max-keys=0&prefix=raw%2Fpublic%2F'];
    for (let i = 0; i < 3; i += 1) {
      const { status, headers, text } = await head('acme-lake');
      assert.deepEqual([status, headers['x-amz-bucket-region'], text], [200, 'eu-west-1', '']);
      assert.deepEqual(await targets(), asked);
    }
    // Another caller does not ask again.
    assert.equal((await head('acme-lake', 'reader')).status, 200);
    assert.deepEqual(await targets(), asked);
    await wire.passed(61);
    assert.equal((await head('acme-lake')).status, 200);
    assert.deepEqual(await targets(), [...asked, ...asked]);
  });

  it('of a bucket with another name asks for its target', async () => {
    await wire.forgetCalls();
    assert.equal((await head('acme-other-name')).status, 200);
    assert.deepEqual(await targets(), ['/acme-lake?list-type=2&max-keys=0&prefix=raw%2Fpublic%2F']);
  });

  for (const as of ['scoped', 'reader'] as const) {
    it(`of a configured bucket that is gone is 404 for the ${as}`, async () => {
      const reply = await head('acme-gone', as);
      assert.deepEqual(
        [reply.status, reply.headers['x-fedbridge-error'], reply.text],
        [404, 'not_found', ''],
      );
      const line = await wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);
      assert.deepEqual([line['operation'], line['status']], ['HeadBucket', 404]);
      assert.equal((line['s3'] as { code: string }).code, 'NoSuchBucket');
      assert.match(String(line['remedy']), /The configuration names a bucket that S3 does not have/);
    });
  }

  it('of a caller that may not list is 200, as S3 denies it the list', async () => {
    await wire.passed(200);
    await wire.forgetCalls();
    assert.equal((await head('acme-lake', 'reader')).status, 200);
    assert.deepEqual(
      (await wire.calls('s3')).map(({ status }) => status),
      [403],
    );
  });

  it('sees a bucket at once that is created, and within a minute that it is deleted', async () => {
    const owner = ownerOf(wire);
    assert.equal((await head('acme-passing')).status, 404);
    await owner.send(new CreateBucketCommand({ Bucket: 'acme-passing' }));
    assert.equal((await head('acme-passing')).status, 200);
    await owner.send(new DeleteBucketCommand({ Bucket: 'acme-passing' }));
    await wire.passed(400);
    assert.equal((await head('acme-passing')).status, 404);
    owner.destroy();
  });

  it('is an error if S3 fails, and calls nobody for a stranger', async () => {
    await wire.passed(500);
    await wire.fault({ supplier: 's3', fault: 'error', code: 'InternalError' });
    const failed = await head('acme-lake');
    await wire.clearFaults();
    assert.deepEqual([failed.status, failed.headers['x-fedbridge-error']], [500, 'upstream_failed']);
    await wire.forgetCalls();
    assert.equal((await head('acme-lake', 'stranger')).status, 403);
    assert.deepEqual(await targets(), []);
  });
});
