// If a CloudFront distribution does not return S3's own response, the bridge reads the object directly from S3, once, and logs
// and counts this.
import assert from 'node:assert/strict';
import { afterEach, after, before, describe, it } from 'node:test';
import { pathOf, startDistributedWire } from '../../support/distributed-wire.ts';
import type { DistributedWire } from '../../support/distributed-wire.ts';
import { CACHING, nginxLacks } from '../../support/distribution.ts';
import type { Behavior } from '../../support/distribution.ts';

const KEY = 'raw/public/through.txt';
const BODY = 'the object';

const lack = nginxLacks();
describe('a CloudFront distribution', { skip: lack ?? false }, () => {
  let wire: DistributedWire;
  before(async () => {
    wire = await startDistributedWire();
    await wire.put(KEY, BODY);
    await wire.put(`${KEY}/`, 'a folder');
    assert.equal((await wire.read(KEY)).status, 200);
  });
  after(() => wire.close());
  afterEach(() => wire.clearFaults());

  /** Reads an object through a distribution that behaves like this, and asserts that S3 served it directly. */
  async function assertDirect(reason: string, behavior: Behavior, key = KEY, body = BODY): Promise<void> {
    await wire.distribution.change(behavior);
    const before = await wire.fallbacks(reason);
    await wire.forgetCalls();
    await wire.viewed();
    const reply = await wire.read(key);
    assert.deepEqual([reply.status, reply.text], [200, body]);
    const line = await wire.lineOf(reply);
    assert.deepEqual([pathOf(line), line['cloudFrontFallback']], [undefined, reason]);
    assert.equal(line['retries'], undefined, 'no retry is spent');
    assert.equal(await wire.fallbacks(reason), before + 1);
    assert.equal((await wire.viewed()).length, 1);
    assert.deepEqual(await wire.calls('sts'), [], 'no credentials are renewed');
    const logged = await wire.bridge.line(
      ({ message, cloudFrontFallback }) =>
        String(message).startsWith('bucket acme-lake: ') && cloudFrontFallback === reason,
    );
    assert.equal(logged['severity'], 'WARNING');
    assert.match(String(logged['remedy']), /\.$/);
  }

  it('that changes the path of a request causes one direct read from S3, but no renewal of credentials', async () => {
    await assertDirect('signature', { forward: 'rewrite ^(.+)/$ $1 break;' }, `${KEY}/`, 'a folder');
  });

  it('that normalizes percent-encoding without changing the key is used', async () => {
    await wire.put('dt=1/a@b', 'normalized');
    await wire.distribution.change({ forward: `proxy_pass ${wire.sandbox.contract.s3}/;` });
    await wire.viewed();
    const reply = await wire.read('dt=1/a@b');
    assert.equal(reply.text, 'normalized');
    assert.equal(pathOf(await wire.lineOf(reply)), 'cloudfront');
  });

  it('with the origin request policy AllViewer causes a direct read from S3, because the policy sends the wrong host name', async () => {
    await assertDirect('signature', { originHost: 'd111111abcdef8.s3.eu-west-1.amazonaws.com' });
  });

  it('that caches objects never makes the bridge return a cached object', async () => {
    await wire.distribution.change(CACHING);
    assert.equal(pathOf(await wire.lineOf(await wire.read(KEY))), 'cloudfront', 'a miss is used');
    await wire.put(KEY, 'the new object');
    const before = await wire.fallbacks('cached');
    const again = await wire.read(KEY);
    assert.deepEqual([again.status, again.text], [200, 'the new object']);
    const [hit] = (await wire.viewed()).slice(-1);
    assert.deepEqual([hit?.status, hit?.originStatus], [200, '-'], 'nginx served it from its cache');
    assert.equal(await wire.fallbacks('cached'), before + 1);
    await wire.put(KEY, BODY);
  });

  it('that caches an error does not hide an object that is uploaded later', async () => {
    await wire.distribution.change(CACHING);
    assert.equal((await wire.read('raw/public/late.txt')).status, 404);
    await wire.put('raw/public/late.txt', 'here now');
    const reply = await wire.read('raw/public/late.txt');
    assert.deepEqual([reply.status, reply.text], [200, 'here now']);
  });

  it('that does not report whether a response was cached causes a direct read from S3', async () => {
    await assertDirect('cached', { added: '' });
  });

  it('that adds an Age header to its responses causes a direct read from S3', async () => {
    await assertDirect('cached', { added: 'add_header X-Cache "Miss from cloudfront"; add_header Age 0;' });
  });

  for (const [what, respond] of [
    ['redirects to another address', 'return 301 https://elsewhere.example$request_uri;'],
    ['redirects to the same address', 'return 302 $request_uri;'],
    ['denies access itself', 'return 403 "<html>Request blocked.</html>";'],
    ['returns a page of its own', 'return 200 "<html>Welcome</html>";'],
    ['cannot reach its origin', 'return 502 "<html>502 ERROR</html>";'],
    ['throttles requests', 'return 429;'],
  ] as const)
    it(`that ${what} causes a direct read from S3`, async () => {
      await assertDirect('not_s3', { respond });
    });

  it('that sends invalid HTTP causes a direct read from S3', async () => {
    await assertDirect('not_s3', {
      respond: 'return 200 x;',
      added: 'add_header Transfer-Encoding nonsense;',
    });
  });

  it('whose request S3 denies causes a direct read from S3, which returns the object', async () => {
    await wire.distribution.change({});
    await wire.fault({ upstream: 's3', fault: 'error', code: 'AccessDenied', path: 'through', times: 1 });
    await assertDirect('refused', {});
  });

  it('is used for the usual retries if S3 itself fails', async () => {
    await wire.distribution.change({});
    await wire.viewed();
    const before = await wire.metric('fedbridge_s3_retries_total{reason="503"}');
    await wire.fault({ upstream: 's3', fault: 'error', code: 'SlowDown', path: 'through', times: 2 });
    const reply = await wire.read(KEY);
    assert.deepEqual([reply.status, reply.text], [200, BODY]);
    const line = await wire.lineOf(reply);
    assert.deepEqual(
      [pathOf(line), line['retries'], line['cloudFrontFallback']],
      ['cloudfront', 2, undefined],
    );
    assert.equal(await wire.metric('fedbridge_s3_retries_total{reason="503"}'), before + 2);
    assert.deepEqual(
      (await wire.viewed()).map(({ status }) => status),
      [503, 503, 200],
    );
  });

  it('is also used to resume a truncated download', async () => {
    await wire.distribution.change({});
    const body = Buffer.alloc(400_000, 'resumed ');
    await wire.put('raw/public/truncated.bin', body);
    await wire.fault({ upstream: 's3', fault: 'cut', after: 100_000, path: 'truncated', times: 1 });
    const reply = await wire.read('raw/public/truncated.bin');
    assert.ok(reply.body.equals(body));
    const line = await wire.lineOf(reply);
    assert.deepEqual([pathOf(line), line['resumed']], ['cloudfront', 1]);
  });

  it('that was down is not tried again for half a minute', async () => {
    await wire.distribution.change({});
    const before = await wire.fallbacks('unavailable');
    await wire.distribution.stop();
    for (let reads = 0; reads < 3; reads += 1) assert.equal((await wire.read(KEY)).text, BODY);
    assert.equal(await wire.fallbacks('unavailable'), before + 3);
    await wire.distribution.start();
    await wire.viewed();
    assert.equal((await wire.read(KEY)).text, BODY);
    assert.deepEqual(await wire.viewed(), [], 'it is not tried for half a minute');
  });
});
