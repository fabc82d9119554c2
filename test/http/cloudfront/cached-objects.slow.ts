// A cache in front of a bucket with a distribution: S3 confirms cached objects through the distribution, to each session.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { DeleteBucketPolicyCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { BUCKET, startDistributedWire } from '../../support/distributed-wire.ts';
import type { DistributedWire } from '../../support/distributed-wire.ts';
import { CACHING, nginxLacks } from '../../support/distribution.ts';
import { ownerOf } from '../../support/owner.ts';

const KEY = 'raw/public/cached.bin';
const BODY = 'cached behind CloudFront';

/** Denies reads to the sessions of one caller only. */
const DENY_SCOPED = JSON.stringify({
  Version: '2012-10-17',
  Statement: {
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:GetObject',
    Resource: `arn:aws:s3:::${BUCKET}/*`,
    Condition: { StringLike: { 'aws:userid': '*:scoped@*' } },
  },
});

const lack = nginxLacks();
describe('a cached bucket with a distribution', { skip: lack ?? false }, () => {
  let wire: DistributedWire;
  before(async () => {
    wire = await startDistributedWire({ more: 'cache: { memory: 16MiB, freshFor: 0s }' });
    await wire.put(KEY, BODY);
    for (const as of ['reader', 'scoped'] as const) await wire.get(`/${BUCKET}/${KEY}`, { as });
  });
  after(() => wire.close());
  afterEach(async () => {
    await wire.distribution.change({});
  });

  const read = async (as: 'reader' | 'scoped') => {
    await wire.viewed();
    await wire.forgetCalls();
    const reply = await wire.get(`/${BUCKET}/${KEY}`, { as });
    const calls = (await wire.calls('s3')).map(({ method, status, headers }) => {
      const { 'if-none-match': condition } = headers as Record<string, string>;
      return `${String(method)}${condition === undefined ? '' : ' if-none-match'} → ${String(status)}`;
    });
    return { reply, line: await wire.lineOf(reply), calls, viewed: await wire.viewed() };
  };

  async function withDenial(during: () => Promise<void>): Promise<void> {
    const owner = ownerOf(wire);
    await owner.send(new PutBucketPolicyCommand({ Bucket: BUCKET, Policy: DENY_SCOPED }));
    try {
      await during();
    } finally {
      await owner.send(new DeleteBucketPolicyCommand({ Bucket: BUCKET }));
      owner.destroy();
    }
  }

  it('confirms each read by a conditional GET, to which S3 responds through the distribution', async () => {
    for (const as of ['reader', 'scoped'] as const) {
      const { reply, line, calls, viewed } = await read(as);
      assert.deepEqual([reply.status, reply.text], [200, BODY]);
      assert.equal(reply.headers['cache-status'], 'fedbridge; fwd=stale; fwd-status=304');
      assert.deepEqual(calls, ['GET if-none-match → 304']);
      assert.deepEqual(
        viewed.map(({ method, status }) => [method, status]),
        [['GET', 304]],
      );
      assert.equal(line['cloudFrontFallback'], undefined);
    }
  });

  it('returns the denial of S3 to the session that it denies, and to no other', async () => {
    await withDenial(async () => {
      const denied = await read('scoped');
      assert.equal(denied.reply.status, 403);
      assert.ok(!denied.reply.text.includes(BODY));
      const allowed = await read('reader');
      assert.deepEqual([allowed.reply.status, allowed.reply.text], [200, BODY]);
    });
  });

  it("does not take a 304 from the distribution's own cache for a confirmation", async () => {
    await wire.distribution.change(CACHING);
    // Fills the cache of the distribution.
    await read('reader');
    const again = await read('reader');
    assert.deepEqual([again.reply.status, again.reply.text], [200, BODY]);
    assert.deepEqual(
      again.viewed.map(({ status, originStatus }) => [status, originStatus]),
      [[304, '-']],
    );
    assert.deepEqual(again.calls, ['GET if-none-match → 304']);
    assert.equal(again.line['cloudFrontFallback'], 'cached');
    await withDenial(async () => {
      const denied = await read('scoped');
      assert.equal(denied.reply.status, 403);
      assert.ok(!denied.reply.text.includes(BODY));
      assert.deepEqual(
        denied.viewed.map(({ status, originStatus }) => [status, originStatus]),
        [[304, '-']],
      );
    });
  });
});
