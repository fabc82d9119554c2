// Ranges, conditions, checksums and overrides are served from the cache, and only the blocks that callers want are fetched.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { startCachedWire } from '../support/cached-wire.ts';
import type { CachedWire } from '../support/cached-wire.ts';
import { http2Request } from '../support/http2-request.ts';
import type { Reply, RequestOptions } from '../support/http-request.ts';

const BODY = randomBytes(4_500_000);
const PATH = '/acme-lake/d/big.bin';

describe('a cache', () => {
  let wire: CachedWire;
  before(async () => {
    wire = await startCachedWire({ cache: 'memory: 64MiB, freshFor: 1h' });
    await wire.put('d/big.bin', BODY, { ContentType: 'text/x', ChecksumAlgorithm: 'SHA256' });
    await wire.put('d/small.txt', 'hello', { Tagging: 'a=b' });
    await wire.put('d/empty', '');
    await wire.takeCalls();
  });
  after(() => wire.close());

  const get = (path: string, options: RequestOptions = {}): Promise<Reply> =>
    wire.get(path, { as: 'reader', ...options });
  const getRange = (range: string): Promise<Reply> => get(PATH, { headers: { range } });

  it('fetches the blocks of a range once, and serves other ranges of these blocks from memory', async () => {
    const first = await getRange('bytes=1500000-1500099');
    assert.deepEqual(await wire.takeShortCalls(), ['GET bytes=1048576-2097151 → 206']);
    assert.equal(first.headers['content-range'], 'bytes 1500000-1500099/4500000');
    assert.ok(first.body.equals(BODY.subarray(1500000, 1500100)));
    const other = await getRange('bytes=1048576-2097151');
    assert.ok(other.body.equals(BODY.subarray(1048576, 2097152)));
    assert.deepEqual(await wire.takeShortCalls(), []);
  });

  it('fetches only the blocks that are missing', async () => {
    const reply = await getRange('bytes=1000000-3000000');
    assert.ok(reply.body.equals(BODY.subarray(1000000, 3000001)));
    assert.deepEqual(await wire.takeShortCalls(), [
      'GET bytes=0-1048575 if-match → 206',
      'GET bytes=2097152-3145727 if-match → 206',
    ]);
    assert.match(String(reply.headers['cache-status']), /^fedbridge; fwd=partial; .*stored$/);
  });

  it('serves the end of an object from memory after the first read of it', async () => {
    for (const calls of [['GET bytes=3145728-4194303 if-match → 206'], []]) {
      const reply = await getRange('bytes=3145728-3145730');
      assert.ok(reply.body.equals(BODY.subarray(3145728, 3145731)));
      assert.deepEqual(await wire.takeShortCalls(), calls);
    }
    for (const calls of [['GET bytes=4194304-4499999 if-match → 206'], []]) {
      const reply = await getRange('bytes=-8');
      assert.equal(reply.headers['content-range'], 'bytes 4499992-4499999/4500000');
      assert.ok(reply.body.equals(BODY.subarray(-8)));
      assert.deepEqual(await wire.takeShortCalls(), calls);
    }
  });

  it('serves the whole object from memory, over HTTP/1 and HTTP/2', async () => {
    assert.ok((await get(PATH)).body.equals(BODY));
    const headers = { authorization: `Bearer ${await wire.token('reader')}` };
    assert.ok((await http2Request(wire.bridge.url, PATH, { headers })).body.equals(BODY));
    assert.deepEqual(await wire.takeShortCalls(), []);
  });

  it('evaluates conditions and If-Range without calling S3', async () => {
    const { etag = '', 'last-modified': date = '' } = (await get(PATH, { method: 'HEAD' })).headers;
    await wire.takeCalls();
    const statusWith = async (headers: Record<string, string>): Promise<number> =>
      (await get(PATH, { headers })).status;
    assert.equal(await statusWith({ 'if-none-match': etag }), 304);
    assert.equal(await statusWith({ 'if-none-match': '"other"' }), 200);
    assert.equal(await statusWith({ 'if-modified-since': date }), 304);
    assert.equal(await statusWith({ 'if-match': '"other"' }), 412);
    assert.equal(
      await statusWith({ 'if-match': etag, 'if-unmodified-since': new Date(0).toUTCString() }),
      200,
    );
    assert.equal(await statusWith({ 'if-unmodified-since': new Date(0).toUTCString() }), 412);
    assert.equal(await statusWith({ range: 'bytes=0-9', 'if-range': etag }), 206);
    assert.equal(await statusWith({ range: 'bytes=0-9', 'if-range': '"other"' }), 200);
    assert.deepEqual(await wire.takeShortCalls(), []);
  });

  it('sends conditions to S3 that it cannot evaluate exactly like S3', async () => {
    const { status } = await get(PATH, { headers: { 'if-none-match': 'W/"a", "b"' } });
    assert.equal(status, 200);
    assert.equal((await wire.takeShortCalls()).length, 1);
    assert.equal((await getRange('bytes=9999999-')).status, 416);
    assert.deepEqual(await wire.takeShortCalls(), ['GET bytes=9999999- → 416']);
  });

  it('applies response-… parameters to the whole object, and ignores them when it stores the object', async () => {
    const query = 'response-content-type=a%2Fb&response-content-disposition=attachment';
    const changed = await get(`${PATH}?${query}`);
    assert.deepEqual(
      [changed.headers['content-type'], changed.headers['content-disposition']],
      ['a/b', 'attachment'],
    );
    assert.equal((await get(PATH)).headers['content-type'], 'text/x');
    assert.deepEqual(await wire.takeShortCalls(), []);
    const injected = await get(`${PATH}?response-content-type=a%0d%0ab`);
    assert.equal(injected.status, 400);
    await wire.takeCalls();
  });

  it('requests an object again if it does not have the checksums that the caller wants', async () => {
    const headers = { 'x-amz-checksum-mode': 'ENABLED' };
    for (const calls of [['GET → 200'], []]) {
      const reply = await get(PATH, { headers });
      assert.ok(reply.headers['x-amz-checksum-sha256'] !== undefined);
      assert.deepEqual(await wire.takeShortCalls(), calls);
    }
    assert.equal((await get(PATH)).headers['x-amz-checksum-sha256'], undefined);
  });

  it('serves an empty object and headers that depend on the session', async () => {
    for (const path of ['/acme-lake/d/empty', '/acme-lake/d/small.txt']) {
      const before = await get(path);
      await wire.takeCalls();
      const after = await get(path);
      assert.deepEqual(await wire.takeShortCalls(), []);
      assert.equal(after.text, before.text);
      assert.equal(after.headers['x-amz-tagging-count'], before.headers['x-amz-tagging-count']);
    }
  });

  it('logs and counts how each read was served', async () => {
    const reply = await get(PATH);
    const line = await wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);
    assert.equal(line['cache'], 'hit');
    assert.ok((await wire.metric('fedbridge_cache_requests_total{result="hit"}')) > 0);
    assert.ok((await wire.metric('fedbridge_cache_hit_bytes_total')) > BODY.length);
    assert.ok((await wire.metric('fedbridge_cache_used_bytes')) > BODY.length);
    assert.equal(await wire.metric('fedbridge_cache_pinned_bytes'), 0);
  });

  it('sends everything else to S3 unchanged', async () => {
    const paths = [
      `${PATH}?partNumber=1`,
      '/acme-lake/d/small.txt?tagging',
      '/acme-lake?list-type=2&prefix=d/',
      '/acme-lake/d/absent',
    ];
    for (const path of paths)
      for (const expected of [1, 1]) {
        const reply = await get(path);
        assert.equal((await wire.takeShortCalls()).length, expected, path);
        assert.match(String(reply.headers['cache-status']), /^fedbridge; fwd=(bypass|uri-miss)/, path);
      }
    const stored = await get('/acme-lake/d/small.txt', { headers: { 'cache-control': 'no-store' } });
    assert.equal(stored.headers['cache-status'], 'fedbridge; fwd=bypass');
  });
});

it('a bucket with cache: false is not cached', async () => {
  const wire = await startCachedWire({ cache: 'memory: 16MiB, freshFor: 1h', bucket: ', cache: false' });
  try {
    await wire.put('a', 'x');
    await wire.takeCalls();
    for (const calls of [['GET → 200'], ['GET → 200']]) {
      const reply = await wire.get('/acme-lake/a', { as: 'reader' });
      assert.equal(reply.headers['cache-status'], 'fedbridge; fwd=bypass');
      assert.deepEqual(await wire.takeShortCalls(), calls);
    }
  } finally {
    await wire.close();
  }
});

it('whole objects of a bucket with verifyChecksums always come from S3, because only then they can be verified', async () => {
  const wire = await startCachedWire({
    cache: 'memory: 16MiB, freshFor: 1h',
    bucket: ', verifyChecksums: true',
  });
  try {
    await wire.put('a', 'x');
    await wire.takeCalls();
    for (const calls of [['GET → 200'], ['GET → 200']]) {
      assert.equal((await wire.get('/acme-lake/a', { as: 'reader' })).text, 'x');
      assert.deepEqual(await wire.takeShortCalls(), calls);
    }
    for (const calls of [['GET bytes=0-1048575 → 206'], []]) {
      await wire.get('/acme-lake/a', { as: 'reader', headers: { range: 'bytes=0-0' } });
      assert.deepEqual(await wire.takeShortCalls(), calls);
    }
  } finally {
    await wire.close();
  }
});
