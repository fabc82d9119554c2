// The bridge reads objects through the bucket's CloudFront distribution: it signs the requests for S3's host name, but sends them
// with the distribution's.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { BUCKET, pathOf, REGION, startDistributedWire } from '../../support/distributed-wire.ts';
import type { DistributedWire } from '../../support/distributed-wire.ts';
import { nginxLacks } from '../../support/distribution.ts';

const KEY = 'raw/public/through.bin';
const BODY = Buffer.alloc(200_000, 'through CloudFront ');

const lack = nginxLacks();
describe('a bucket with a CloudFront distribution', { skip: lack ?? false }, () => {
  let wire: DistributedWire;
  before(async () => {
    wire = await startDistributedWire();
    await wire.put(KEY, BODY);
  });
  after(() => wire.close());

  it("is read through the distribution, under the distribution's own host name, and the log line names the path cloudfront", async () => {
    await wire.viewed();
    await wire.forgetCalls();
    const reply = await wire.read(KEY);
    assert.deepEqual([reply.status, reply.body.equals(BODY)], [200, true]);
    for (const name of ['x-cache', 'via', 'x-amz-cf-pop'])
      assert.equal(reply.headers[name], undefined, `${name} is not forwarded`);
    const [viewed, ...more] = await wire.viewed();
    assert.deepEqual(more, []);
    assert.deepEqual(
      [viewed?.method, viewed?.path, viewed?.host, viewed?.status],
      ['GET', `/${KEY}`, '127.0.0.1', 200],
    );
    const [call] = await wire.calls('s3');
    const headers = call?.['headers'] as Record<string, string>;
    assert.equal(headers['host'], `${BUCKET}.s3.${REGION}.amazonaws.com`);
    const line = await wire.lineOf(reply);
    assert.deepEqual([pathOf(line), line['cloudFrontFallback']], ['cloudfront', undefined]);
    assert.equal(line['s3RequestId'], reply.headers['x-amz-request-id']);
    assert.equal(line['bytesFromS3'], BODY.length);
  });

  it('supports ranges, conditions, versions and parts', async () => {
    const range = await wire.read(KEY, { range: 'bytes=19-37' });
    assert.deepEqual([range.status, range.text], [206, 'through CloudFront ']);
    const unchanged = await wire.read(KEY, { 'if-none-match': String(range.headers.etag) });
    assert.equal(unchanged.status, 304);
    const { status, body } = await wire.get(`/${BUCKET}/${KEY}?partNumber=1`, { as: 'reader' });
    assert.deepEqual([status, body.length], [206, BODY.length]);
    const version = await wire.get(`/${BUCKET}/${KEY}?versionId=null`, { as: 'reader' });
    assert.deepEqual([version.status, version.body.equals(BODY)], [200, true]);
    const paths = (await wire.viewed()).map(
      ({ path, status: sent }) => `${sent} ${path.split('?')[1] ?? ''}`,
    );
    assert.deepEqual(paths.slice(-4), ['206 ', '304 ', '206 partNumber=1', '200 versionId=null']);
  });

  it('serves a large object over several connections to the distribution', async () => {
    const large = Buffer.alloc(40 * 1024 * 1024, 'large object ');
    await wire.put('raw/public/large.bin', large);
    await wire.viewed();
    const reply = await wire.read('raw/public/large.bin');
    assert.ok(reply.body.equals(large));
    const line = await wire.lineOf(reply);
    assert.deepEqual([pathOf(line), line['cloudFrontFallback']], ['cloudfront', undefined]);
    assert.ok(Number(line['parts']) > 0, JSON.stringify(line));
    assert.ok((await wire.viewed()).length > Number(line['parts']));
  });

  it('is accessed directly at S3 for HEAD, lists, tags and response overrides', async () => {
    await wire.viewed();
    for (const [method, path] of [
      ['HEAD', `/${BUCKET}/${KEY}`],
      ['GET', `/${BUCKET}?list-type=2&prefix=raw/`],
      ['GET', `/${BUCKET}/${KEY}?tagging`],
      ['GET', `/${BUCKET}/${KEY}?response-content-type=text%2Fplain`],
      ['HEAD', `/${BUCKET}`],
    ] as const) {
      const reply = await wire.get(path, { method, as: 'reader' });
      assert.equal(reply.status, 200, path);
      assert.equal(pathOf(await wire.lineOf(reply)), undefined);
    }
    assert.deepEqual(await wire.viewed(), []);
  });

  for (const key of [
    'a b',
    'dt=2026-11-29/x',
    'tilde~',
    'é',
    '日本/😀',
    'e\u0301',
    "!*'()&=@:,$",
    '<a>"{b}|^`[c]',
    'folder/',
    'k'.repeat(1024),
  ])
    it(`returns the object with the key ${JSON.stringify(key.slice(0, 30))} through the distribution`, async () => {
      await wire.put(key, `content of ${key}`);
      const reply = await wire.read(key);
      assert.deepEqual([reply.status, reply.text], [200, `content of ${key}`]);
      const line = await wire.lineOf(reply);
      assert.deepEqual([pathOf(line), line['cloudFrontFallback']], ['cloudfront', undefined]);
    });

  for (const key of [
    '/leading',
    'a//b',
    'a/../b',
    './a',
    '..',
    'a+b',
    'a%2Fb',
    '%41',
    'a?b',
    'a#b',
    'a;b',
    'a\\b',
    '\u0001',
  ])
    it(`returns the object with the key ${JSON.stringify(key)} directly from S3`, async () => {
      await wire.put(key, `content of ${key}`);
      await wire.viewed();
      const reply = await wire.read(key);
      assert.deepEqual([reply.status, reply.text], [200, `content of ${key}`]);
      const line = await wire.lineOf(reply);
      // The bridge never reads such keys through a distribution, so this does not count as a fallback.
      assert.deepEqual([pathOf(line), line['cloudFrontFallback']], [undefined, undefined]);
      assert.deepEqual(await wire.viewed(), []);
    });

  it('still limits each caller to its grants', async () => {
    await wire.put('raw/private/through.txt', 'private');
    await wire.viewed();
    const denied = await wire.get(`/${BUCKET}/raw/private/through.txt`, { as: 'scoped' });
    assert.equal(denied.status, 403);
    assert.deepEqual(await wire.viewed(), []);
  });

  it("returns S3's own errors", async () => {
    const reply = await wire.read('missing');
    assert.deepEqual([reply.status, /<Code>(\w+)</.exec(reply.text)?.[1]], [404, 'NoSuchKey']);
    const line = await wire.lineOf(reply);
    // S3 confirmed the error, so the path did not cause it.
    assert.deepEqual([pathOf(line), line['cloudFrontFallback']], [undefined, undefined]);
    assert.equal(await wire.fallbacks('refused'), 0);
  });
});
