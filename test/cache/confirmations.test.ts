// The cache serves an object only if S3 has confirmed it to the caller's own session, for the same action, recently enough.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DeleteBucketPolicyCommand, DeleteObjectCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { startCachedWire } from '../support/cached-wire.ts';
import type { CachedWire } from '../support/cached-wire.ts';
import { emailOf, READER_MAY_ALL } from '../support/configuration.ts';
import { keepVersions, ownerOf } from '../support/owner.ts';

const SCOPED_MAY_GET = `callers: [${emailOf('scoped')}], allow: [get], bucket: acme-lake`;
const GRANTS = [READER_MAY_ALL, SCOPED_MAY_GET];
const PATH = '/acme-lake/d/one.txt';

/** Denies reads to the sessions of one caller only. */
const denyTo = (caller: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::acme-lake/*',
      Condition: { StringLike: { 'aws:userid': `*:${caller}@*` } },
    },
  });

async function withPolicy(wire: CachedWire, policy: string, during: () => Promise<void>): Promise<void> {
  const owner = ownerOf(wire);
  await owner.send(new PutBucketPolicyCommand({ Bucket: 'acme-lake', Policy: policy }));
  try {
    await wire.forgetCalls();
    await during();
  } finally {
    await owner.send(new DeleteBucketPolicyCommand({ Bucket: 'acme-lake' }));
    owner.destroy();
    await wire.forgetCalls();
  }
}

describe('a cache with freshFor: 0s', () => {
  let wire: CachedWire;
  before(async () => {
    wire = await startCachedWire({ grants: GRANTS });
    await wire.put('d/one.txt', 'first');
    assert.equal((await wire.get(PATH, { as: 'reader' })).text, 'first');
    await wire.takeCalls();
  });
  after(() => wire.close());

  it('confirms each read by one request, to which S3 sends no body', async () => {
    for (const as of ['reader', 'scoped'] as const) {
      const reply = await wire.get(PATH, { as });
      assert.deepEqual([reply.status, reply.text, reply.headers.age], [200, 'first', '0']);
      assert.equal(reply.headers['cache-status'], 'fedbridge; fwd=stale; fwd-status=304');
      assert.deepEqual(await wire.takeShortCalls(), ['GET if-none-match → 304']);
    }
  });

  it('denies the object to a session as soon as S3 does, and only to that session', async () => {
    await withPolicy(wire, denyTo('scoped'), async () => {
      const denied = await wire.get(PATH, { as: 'scoped' });
      assert.deepEqual([denied.status, denied.code], [403, 'AccessDenied']);
      const allowed = await wire.get(PATH, { as: 'reader' });
      assert.deepEqual([allowed.status, allowed.text], [200, 'first']);
      assert.ok((await wire.takeShortCalls()).includes('GET if-none-match → 304'));
    });
  });

  it('serves a new version at once, and reports a deletion at once', async () => {
    await wire.put('d/two.txt', 'before');
    assert.equal((await wire.get('/acme-lake/d/two.txt', { as: 'reader' })).text, 'before');
    await wire.put('d/two.txt', 'after!');
    assert.equal((await wire.get('/acme-lake/d/two.txt', { as: 'reader' })).text, 'after!');
    const owner = ownerOf(wire);
    await owner.send(new DeleteObjectCommand({ Bucket: 'acme-lake', Key: 'd/two.txt' }));
    owner.destroy();
    assert.equal((await wire.get('/acme-lake/d/two.txt', { as: 'reader' })).status, 404);
  });

  it('serves new metadata although the bytes and the ETag are the same', async () => {
    const path = '/acme-lake/d/copied.txt';
    await wire.put('d/copied.txt', 'same', { Metadata: { n: '1' } });
    assert.equal((await wire.get(path, { as: 'reader' })).headers['x-amz-meta-n'], '1');
    // Last-Modified has a resolution of one second.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await wire.put('d/copied.txt', 'same', { Metadata: { n: '2' } });
    assert.equal((await wire.get(path, { as: 'reader' })).headers['x-amz-meta-n'], '2');
  });
});

describe('a cache with freshFor: 1h', () => {
  let wire: CachedWire;
  before(async () => {
    wire = await startCachedWire({ cache: 'memory: 16MiB, freshFor: 1h', grants: GRANTS });
    await wire.put('d/one.txt', 'first');
    await keepVersions(wire);
    assert.equal((await wire.get(PATH, { as: 'reader' })).text, 'first');
    await wire.takeCalls();
  });
  after(() => wire.close());

  it('serves the session to which S3 confirmed the object without calling S3', async () => {
    for (const method of ['GET', 'HEAD']) {
      const reply = await wire.get(PATH, { as: 'reader', method });
      assert.equal(reply.status, 200);
      assert.equal(reply.headers['cache-status'], 'fedbridge; hit');
      assert.match(String(reply.headers.age), /^\d+$/);
    }
    assert.deepEqual(await wire.takeShortCalls(), []);
  });

  it('requires a confirmation of its own for each other session', async () => {
    const reply = await wire.get(PATH, { as: 'scoped' });
    assert.equal(reply.text, 'first');
    assert.deepEqual(await wire.takeShortCalls(), ['GET if-none-match → 304']);
    await wire.get(PATH, { as: 'scoped' });
    assert.deepEqual(await wire.takeShortCalls(), []);
  });

  it('requires a confirmation of its own for a version, because that is another permission', async () => {
    const id = (await wire.get(PATH, { as: 'reader' })).headers['x-amz-version-id'];
    await wire.takeCalls();
    const reply = await wire.get(`${PATH}?versionId=${String(id)}`, { as: 'reader' });
    assert.equal(reply.text, 'first');
    assert.deepEqual(await wire.takeShortCalls(), ['GET → 200']);
    assert.equal((await wire.get(`${PATH}?versionId=${String(id)}`, { as: 'scoped' })).status, 403);
    assert.deepEqual(await wire.takeShortCalls(), [], 'the grants of scoped do not allow versions');
  });

  it('does not take the response to HEAD for a permission to read the bytes', async () => {
    await wire.put('d/headed.txt', 'bytes');
    await wire.get('/acme-lake/d/headed.txt', { as: 'reader' });
    await wire.get('/acme-lake/d/headed.txt', { as: 'scoped', method: 'HEAD' });
    await wire.takeCalls();
    await wire.get('/acme-lake/d/headed.txt', { as: 'scoped' });
    assert.deepEqual(await wire.takeShortCalls(), ['GET if-none-match → 304']);
  });

  it('requests a confirmation if the caller sends Cache-Control: no-cache or max-age=0', async () => {
    for (const directive of ['no-cache', 'max-age=0, x=y', 'NO-CACHE']) {
      const reply = await wire.get(PATH, { as: 'reader', headers: { 'cache-control': directive } });
      assert.equal(reply.headers['cache-status'], 'fedbridge; fwd=request; fwd-status=304');
      assert.deepEqual(await wire.takeShortCalls(), ['GET if-none-match → 304']);
    }
  });

  it('removes the confirmation of the session that S3 denies, and of no other session', async () => {
    await wire.get(PATH, { as: 'scoped' });
    await withPolicy(wire, denyTo('scoped'), async () => {
      assert.equal((await wire.get(PATH, { as: 'scoped' })).status, 200, 'confirmed less than an hour ago');
      const demanded = await wire.get(PATH, { as: 'scoped', headers: { 'cache-control': 'no-cache' } });
      assert.equal(demanded.status, 403);
      assert.equal((await wire.get(PATH, { as: 'scoped' })).status, 403);
      await wire.takeCalls();
      assert.equal((await wire.get(PATH, { as: 'reader' })).text, 'first');
      assert.deepEqual(await wire.takeShortCalls(), []);
    });
  });
});
