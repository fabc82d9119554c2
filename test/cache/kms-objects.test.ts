// Objects with SSE-KMS are not cached by default. With `kms: memory`, a session must prove that it may decrypt the object.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startCachedWire } from '../support/cached-wire.ts';
import type { CachedWire } from '../support/cached-wire.ts';
import { READER_MAY_ALL } from '../support/configuration.ts';
import type { Reply } from '../support/http-request.ts';

const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/lake-1';
const DELEGATING = { AWS: 'arn:aws:iam::123456789012:root' };

const keyPolicy = (statement: object) => ({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: 'kms:*', Resource: '*', Principal: DELEGATING },
    { Effect: 'Allow', Action: 'kms:*', Resource: '*', Principal: '*', ...statement },
  ],
});

async function startWithKey(cache: string): Promise<CachedWire> {
  const wire = await startCachedWire({ cache, bucket: `, kmsKeys: ["${KEY}"]`, grants: [READER_MAY_ALL] });
  await wire.control('PUT', '/kms-keys', { arn: KEY, policy: keyPolicy({}) });
  await wire.put('secret', 'encrypted', { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: KEY });
  await wire.takeCalls();
  return wire;
}

it('an object with SSE-KMS is not cached by default', async () => {
  const wire = await startWithKey('memory: 16MiB, freshFor: 1h');
  try {
    for (const calls of [['GET → 200'], ['GET → 200']]) {
      const reply = await wire.get('/acme-lake/secret', { as: 'reader' });
      assert.equal(reply.text, 'encrypted');
      assert.equal(reply.headers['cache-status'], 'fedbridge; fwd=bypass');
      assert.deepEqual(await wire.takeShortCalls(), calls);
    }
  } finally {
    await wire.close();
  }
});

it('with kms: memory, each confirmation reads one byte, so that a session without kms:Decrypt gets nothing', async () => {
  const wire = await startWithKey('memory: 16MiB, freshFor: 0s, kms: memory');
  try {
    for (const calls of [['GET → 200'], ['GET bytes=0-0 if-match → 206'], ['GET bytes=0-0 if-match → 206']]) {
      const reply = await wire.get('/acme-lake/secret', { as: 'reader' });
      assert.equal(reply.text, 'encrypted');
      assert.deepEqual(await wire.takeShortCalls(), calls);
    }
    // S3 still confirms the ETag with a 304, but the session may no longer decrypt the object.
    await wire.control('PUT', '/kms-keys', {
      arn: KEY,
      policy: keyPolicy({ Effect: 'Deny', Action: 'kms:Decrypt' }),
    });
    const denied = await wire.get('/acme-lake/secret', { as: 'reader' });
    assert.equal(denied.status, 403);
    assert.ok(!denied.text.includes('encrypted'));
  } finally {
    await wire.close();
  }
});

it("a range beyond the object gets S3's 416, also if the session may not decrypt the first byte of its block", async () => {
  const wire = await startWithKey('memory: 16MiB, kms: memory');
  try {
    await wire.control('PUT', '/kms-keys', {
      arn: KEY,
      policy: keyPolicy({ Effect: 'Deny', Action: 'kms:Decrypt' }),
    });
    const statusOf = async (range: string): Promise<number> =>
      (await wire.get('/acme-lake/secret', { as: 'reader', headers: { range } })).status;
    assert.deepEqual([await statusOf('bytes=100-'), await statusOf('bytes=1-')], [416, 403]);
  } finally {
    await wire.close();
  }
});

for (const freshFor of ['0s', '1h'])
  it(`a session that may not decrypt the object does not get its checksums from HEAD (freshFor: ${freshFor})`, async () => {
    const wire = await startWithKey(`memory: 16MiB, freshFor: ${freshFor}, kms: memory`);
    try {
      const checksums = { 'x-amz-checksum-mode': 'ENABLED' };
      const head = (headers: Record<string, string>): Promise<Reply> =>
        wire.get('/acme-lake/summed', { as: 'reader', method: 'HEAD', headers });
      const ChecksumAlgorithm = 'SHA256';
      await wire.put('summed', 'x', { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: KEY, ChecksumAlgorithm });
      const reply = await wire.get('/acme-lake/summed', { as: 'reader', headers: checksums });
      assert.ok(reply.headers['x-amz-checksum-sha256'] !== undefined);
      await wire.control('PUT', '/kms-keys', {
        arn: KEY,
        policy: keyPolicy({ Effect: 'Deny', Action: 'kms:Decrypt' }),
      });
      assert.equal((await head({ 'cache-control': 'no-cache' })).status, 200);
      const denied = await head(checksums);
      assert.deepEqual([denied.status, denied.headers['x-amz-checksum-sha256']], [403, undefined]);
    } finally {
      await wire.close();
    }
  });

it("a condition that is not met gets S3's 412, also if the session may not decrypt the cached object", async () => {
  const wire = await startWithKey('memory: 16MiB, kms: memory');
  try {
    await wire.get('/acme-lake/secret', { as: 'reader', headers: { 'x-amz-checksum-mode': 'ENABLED' } });
    await wire.control('PUT', '/kms-keys', {
      arn: KEY,
      policy: keyPolicy({ Effect: 'Deny', Action: 'kms:Decrypt' }),
    });
    const headers = {
      'if-unmodified-since': new Date(0).toUTCString(),
      'x-amz-checksum-mode': 'ENABLED',
    };
    for (const method of ['GET', 'HEAD'])
      assert.equal((await wire.get('/acme-lake/secret', { as: 'reader', method, headers })).status, 412);
  } finally {
    await wire.close();
  }
});

it("a condition that is not met gets S3's 412, also if a new version is one that the session may not decrypt", async () => {
  const wire = await startWithKey('memory: 16MiB, kms: memory');
  try {
    await wire.put('replaced', 'readable');
    const { headers } = await wire.get('/acme-lake/replaced', { as: 'reader' });
    await wire.control('PUT', '/kms-keys', {
      arn: KEY,
      policy: keyPolicy({ Effect: 'Deny', Action: 'kms:Decrypt' }),
    });
    await wire.put('replaced', 'encrypted', { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: KEY });
    const reply = await wire.get('/acme-lake/replaced', {
      as: 'reader',
      headers: { 'if-match': headers.etag ?? '' },
    });
    assert.equal(reply.status, 412);
  } finally {
    await wire.close();
  }
});
