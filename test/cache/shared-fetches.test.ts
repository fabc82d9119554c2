// Concurrent misses of a block are one request to S3, and each session that waits for it needs its own confirmation.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { DeleteBucketPolicyCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { startCachedWire } from '../support/cached-wire.ts';
import type { CachedWire } from '../support/cached-wire.ts';
import { emailOf, READER_MAY_ALL } from '../support/configuration.ts';
import { open } from '../support/http-request.ts';
import { ownerOf } from '../support/owner.ts';
import { until } from '../support/until.ts';

const BODY = randomBytes(3_000_000);

describe('concurrent reads of an object that is not cached', () => {
  let wire: CachedWire;
  before(async () => {
    wire = await startCachedWire({
      cache: 'memory: 64MiB, freshFor: 1h',
      grants: [READER_MAY_ALL, `callers: [${emailOf('scoped')}], allow: [get], bucket: acme-lake`],
    });
    // Both callers have sessions before the test begins.
    await wire.put('a', 'x');
    for (const as of ['reader', 'scoped'] as const) await wire.get('/acme-lake/a', { as });
  });
  after(() => wire.close());

  const bodies = async (): Promise<number> =>
    (await wire.takeCalls()).filter(({ sent }) => sent > 1_000_000).length;

  it('fetch it once for one session', async () => {
    await wire.put('one', BODY);
    await wire.takeCalls();
    const replies = await Promise.all(
      Array.from({ length: 8 }, () => wire.get('/acme-lake/one', { as: 'reader' })),
    );
    for (const { status, body } of replies) {
      assert.equal(status, 200);
      assert.ok(body.equals(BODY));
    }
    assert.equal(await bodies(), 1);
  });

  it('fetch it once for two sessions, after S3 has confirmed it to both', async () => {
    await wire.put('two', BODY);
    await wire.takeCalls();
    const replies = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        wire.get('/acme-lake/two', { as: i % 2 === 0 ? 'reader' : 'scoped' }),
      ),
    );
    for (const { body } of replies) assert.ok(body.equals(BODY));
    const calls = await wire.takeCalls();
    assert.equal(calls.filter(({ sent }) => sent > 1_000_000).length, 1);
    assert.equal(
      new Set(calls.map((call) => (call as unknown as { roleSessionName: string }).roleSessionName)).size,
      2,
    );
  });

  it('give nothing to a session that S3 denies, while another session receives the object', async () => {
    await wire.put('three', BODY);
    const owner = ownerOf(wire);
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: {
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:GetObject',
        Resource: 'arn:aws:s3:::acme-lake/three',
        Condition: { StringLike: { 'aws:userid': '*:scoped@*' } },
      },
    });
    await owner.send(new PutBucketPolicyCommand({ Bucket: 'acme-lake', Policy }));
    const [allowed, ...denied] = await Promise.all([
      wire.get('/acme-lake/three', { as: 'reader' }),
      ...Array.from({ length: 4 }, () => wire.get('/acme-lake/three', { as: 'scoped' })),
    ]);
    assert.ok(allowed.body.equals(BODY));
    for (const { status, body } of denied) {
      assert.equal(status, 403);
      assert.ok(body.length < 1000);
    }
    await owner.send(new DeleteBucketPolicyCommand({ Bucket: 'acme-lake' }));
    owner.destroy();
  });

  it('continue if the caller whose request fetches the object leaves', async () => {
    await wire.put('four', BODY);
    await wire.takeCalls();
    const headers = { authorization: `Bearer ${await wire.token('reader')}` };
    const leaving = await open(wire.bridge.url, '/acme-lake/four', { headers });
    leaving.on('error', () => undefined);
    const staying = wire.get('/acme-lake/four', { as: 'reader' });
    leaving.destroy();
    assert.ok((await staying).body.equals(BODY));
    await until('no block is pinned', async () => (await wire.metric('fedbridge_cache_pinned_bytes')) === 0);
  });

  it('end the request to S3 if all callers leave', async () => {
    await wire.put('five', randomBytes(30_000_000));
    await wire.takeCalls();
    const headers = { authorization: `Bearer ${await wire.token('reader')}` };
    const leaving = await open(wire.bridge.url, '/acme-lake/five', { headers });
    leaving.on('error', () => undefined);
    leaving.once('data', () => leaving.destroy());
    await wire.bridge.line(({ abortedBy, key }) => abortedBy === 'caller' && key === 'five');
    await until('the request to S3 has ended', async () =>
      (await wire.calls('s3')).some(({ path, aborted }) => path === '/acme-lake/five' && aborted === true),
    );
    await until('no block is pinned', async () => (await wire.metric('fedbridge_cache_pinned_bytes')) === 0);
  });
});
