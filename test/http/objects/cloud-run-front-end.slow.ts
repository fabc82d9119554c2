// Cloud Run's front end changes requests and responses. Callers still get every object, and can recognize the bridge's own
// responses.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { startFrontEnd } from '../../support/cloud-run-front-end.ts';
import type { FrontEnd } from '../../support/cloud-run-front-end.ts';
import { request } from '../../support/http-request.ts';
import type { Reply, RequestOptions } from '../../support/http-request.ts';
import { asBearer } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire, WireOptions } from '../../support/wire.ts';

const ON_CLOUD_RUN: WireOptions = {
  environment: { K_SERVICE: 'lake-bridge', K_REVISION: 'lake-bridge-00001-abc' },
};
/** More bytes than the front end accepts in a response with Content-Length. */
const LARGE = 34_000_000;
const INVOKER_AUDIENCE = 'https://lake-bridge-481920364751.europe-west1.run.app';

const KEYS = [
  'probe/healthz',
  'z',
  'eventlog',
  '_ah/health',
  '%41',
  'A@b:c',
  'a%2Fb',
  'a/../b',
  'a//b',
  'é+ z',
];

const pathOf = (key: string): string => `/acme-lake/${key.split('/').map(encodeURIComponent).join('/')}`;
const queryOf = (key: string): string =>
  `/-/object?${new URLSearchParams({ bucket: 'acme-lake', key }).toString()}`;
const digest = (body: Buffer): string => createHash('sha256').update(body).digest('hex');

describe("the bridge behind Cloud Run's front end", () => {
  let wire: Wire;
  let front: FrontEnd;
  let bearer: Record<string, string>;
  const large = randomBytes(LARGE);
  before(async () => {
    wire = await startWire(ON_CLOUD_RUN);
    front = await startFrontEnd(wire.bridge.url);
    bearer = asBearer(await wire.token('reader'));
    for (const key of KEYS) await wire.put(key, `this is ${key}`);
    await wire.put('large', large);
  });
  after(async () => {
    await front.close();
    await wire.close();
  });
  const get = (path: string, options: RequestOptions = {}): Promise<Reply> =>
    request(front.url, path, { ...options, headers: { ...bearer, ...options.headers } });

  for (const key of KEYS) {
    it(`serves the key ${JSON.stringify(key)} if it is named in the query`, async () => {
      assert.equal((await get(queryOf(key))).text, `this is ${key}`);
    });
  }

  it('never receives a request whose path ends in z, because the front end responds with 404', async () => {
    for (const key of ['probe/healthz', 'z', 'é+ z']) {
      const { status, headers } = await get(pathOf(key));
      assert.equal(status, 404, key);
      assert.deepEqual([headers['x-request-id'], headers['x-fedbridge-error']], [undefined, undefined]);
    }
  });

  it('serves the same key even though the front end decodes some escapes', async () => {
    assert.equal((await get('/acme-lake/%41%40b%3Ac')).text, 'this is A@b:c');
    assert.equal((await get('/acme-lake/a%252Fb')).text, 'this is a%2Fb');
    assert.equal((await get('/acme-lake/%2541')).text, 'this is %41');
  });

  it("sends a complete object, or a range of it, even above the front end's size limit", async () => {
    const whole = await get('/acme-lake/large');
    assert.equal(whole.status, 200);
    assert.equal(digest(whole.body), digest(large));
    assert.equal(whole.headers['x-fedbridge-object-length'], String(LARGE));
    const most = await get('/acme-lake/large', { headers: { range: 'bytes=1-' } });
    assert.deepEqual([most.status, most.headers['content-range']], [206, `bytes 1-${LARGE - 1}/${LARGE}`]);
    assert.equal(digest(most.body), digest(large.subarray(1)));
    assert.equal(most.headers['x-fedbridge-object-length'], String(LARGE - 1));
    const head = await get('/acme-lake/large', { method: 'HEAD' });
    assert.equal(head.headers['content-length'], String(LARGE));
    assert.equal((await get(queryOf('large'))).body.length, LARGE);
  });

  it('serves an AWS SDK, although the SDK signs requests for a different host', async () => {
    const credentials = {
      accessKeyId: 'fedbridge',
      secretAccessKey: 'not-a-secret',
      sessionToken: await wire.token('reader'),
    };
    const client = new S3Client({
      endpoint: front.url,
      region: 'eu-west-1',
      credentials,
      forcePathStyle: true,
    });
    const { Body } = await client.send(new GetObjectCommand({ Bucket: 'acme-lake', Key: 'A@b:c' }));
    assert.equal(await Body?.transformToString(), 'this is A@b:c');
    client.destroy();
  });

  it('puts a request ID in every response, and x-fedbridge-error in every error', async () => {
    for (const [path, status, error] of [
      ['/acme-lake/large', 401, 'unauthenticated'],
      ['/acme-lake/absent', 404, 'not_found'],
      ['/other-bucket/key', 403, 'not_granted'],
      ['/acme-lake/%', 400, 'invalid_request'],
      ['/-/nowhere', 404, 'not_found'],
      ['/acme-lake?acl', 501, 'not_implemented'],
    ] as const) {
      const headers = status === 401 ? {} : bearer;
      const reply = await request(front.url, path, { headers });
      assert.deepEqual([reply.status, reply.headers['x-fedbridge-error']], [status, error], path);
      assert.match(String(reply.headers['x-request-id']), /^\S+$/);
    }
    assert.match(String((await get('/acme-lake/z%20')).headers['x-request-id']), /^\S+$/);
  });
});

describe("the bridge behind Cloud Run's front end, with a port named h2c", () => {
  let wire: Wire;
  let front: FrontEnd;
  let bearer: Record<string, string>;
  const large = randomBytes(LARGE);
  before(async () => {
    wire = await startWire(ON_CLOUD_RUN);
    front = await startFrontEnd(wire.bridge.url, { portName: 'h2c' });
    bearer = asBearer(await wire.token('reader'));
    await wire.put('large', large);
    await wire.put('é+ z', 'this is é+ z');
  });
  after(async () => {
    await front.close();
    await wire.close();
  });

  it('sends a large object and its ranges complete and with Content-Length', async () => {
    const whole = await request(front.url, '/acme-lake/large', { headers: bearer });
    assert.deepEqual([whole.status, whole.headers['content-length']], [200, String(LARGE)]);
    assert.equal(digest(whole.body), digest(large));
    const headers = { ...bearer, range: 'bytes=1-' };
    const most = await request(front.url, '/acme-lake/large', { headers });
    assert.deepEqual([most.status, most.headers['content-length']], [206, String(LARGE - 1)]);
    assert.equal(digest(most.body), digest(large.subarray(1)));
  });

  it('gives an AWS SDK the ContentLength of a large object', async () => {
    const credentials = {
      accessKeyId: 'fedbridge',
      secretAccessKey: 'not-a-secret',
      sessionToken: await wire.token('reader'),
    };
    const client = new S3Client({
      endpoint: front.url,
      region: 'eu-west-1',
      credentials,
      forcePathStyle: true,
    });
    const { Body, ContentLength } = await client.send(
      new GetObjectCommand({ Bucket: 'acme-lake', Key: 'large' }),
    );
    assert.equal(ContentLength, LARGE);
    assert.equal((await Body?.transformToByteArray())?.length, LARGE);
    client.destroy();
  });

  it('handles small reads, probes and errors in the same way as over HTTP/1', async () => {
    assert.equal((await request(front.url, queryOf('é+ z'), { headers: bearer })).text, 'this is é+ z');
    assert.equal((await request(front.url, '/-/ready')).status, 200);
    const put = await request(front.url, '/acme-lake/x', { method: 'PUT', headers: bearer, body: 'x' });
    assert.equal(put.status, 405);
    assert.equal((await request(front.url, '/acme-lake/large')).status, 401);
  });
});

describe('a bridge without K_SERVICE', () => {
  it("cannot send an object above the front end's size limit, because chunking is off by default", async (test) => {
    const wire = await startWire();
    test.after(() => wire.close());
    const front = await startFrontEnd(wire.bridge.url);
    test.after(front.close);
    await wire.put('large', Buffer.alloc(LARGE));
    const reply = await request(front.url, '/acme-lake/large', {
      headers: asBearer(await wire.token('reader')),
    });
    assert.deepEqual([reply.status, reply.headers['x-request-id']], [500, undefined]);
  });
});

describe('a caller of a Cloud Run service with an invoker check', () => {
  let wire: Wire;
  let front: FrontEnd;
  before(async () => {
    wire = await startWire(ON_CLOUD_RUN);
    front = await startFrontEnd(wire.bridge.url, { invokerAudience: INVOKER_AUDIENCE });
  });
  after(async () => {
    await front.close();
    await wire.close();
  });
  const path = '/acme-lake/raw/public/orders.csv';

  it("passes the invoker check and the bridge's check with two tokens", async () => {
    const forInvoker = {
      'x-serverless-authorization': `Bearer ${await wire.token('scoped', { audience: INVOKER_AUDIENCE })}`,
    };
    const both = { ...forInvoker, ...asBearer(await wire.token('scoped')) };
    assert.equal((await request(front.url, path, { headers: both })).status, 200);
    const invokerOnly = await request(front.url, path, { headers: forInvoker });
    assert.deepEqual(
      [invokerOnly.status, invokerOnly.headers['x-fedbridge-error']],
      [401, 'unauthenticated'],
    );
  });

  it("fails either the invoker check or the bridge's check with only one token", async () => {
    const bridgeOnly = await request(front.url, path, { headers: asBearer(await wire.token('scoped')) });
    assert.deepEqual([bridgeOnly.status, bridgeOnly.headers['x-request-id']], [401, undefined]);
    const forInvoker = asBearer(await wire.token('scoped', { audience: INVOKER_AUDIENCE }));
    const stripped = await request(front.url, path, { headers: forInvoker });
    assert.deepEqual([stripped.status, stripped.headers['x-fedbridge-error']], [401, 'unauthenticated']);
    await wire.bridge.line(({ fault }) => fault === 'token_signature_removed');
  });
});
