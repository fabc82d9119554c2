// What Google's front end does to requests and answers, and that callers get every object all the same, and can tell whose an answer is.
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
/** Above what the front end lets through with a Content-Length. */
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

describe('behind the front end of Cloud Run', () => {
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
    it(`${JSON.stringify(key)} is read by query`, async () => {
      assert.equal((await get(queryOf(key))).text, `this is ${key}`);
    });
  }

  it('a key whose path ends in z is not to be had by path, and that answer is not the bridge’s', async () => {
    for (const key of ['probe/healthz', 'z', 'é+ z']) {
      const { status, headers } = await get(pathOf(key));
      assert.equal(status, 404, key);
      assert.deepEqual([headers['x-request-id'], headers['x-fedbridge-error']], [undefined, undefined]);
    }
  });

  it('escapes that it decodes on the way name the same key', async () => {
    assert.equal((await get('/acme-lake/%41%40b%3Ac')).text, 'this is A@b:c');
    assert.equal((await get('/acme-lake/a%252Fb')).text, 'this is a%2Fb');
    assert.equal((await get('/acme-lake/%2541')).text, 'this is %41');
  });

  it('an object of more than its limit arrives whole, and in any range', async () => {
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

  it('an AWS SDK reads: its signature is over another host, and is not looked at', async () => {
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

  it('every answer of the bridge carries its request ID, and every refusal says whose turn it is', async () => {
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

describe('without K_SERVICE', () => {
  it('that limit would cut objects off: chunking is for Cloud Run, or where the configuration says so', async (test) => {
    const wire = await startWire();
    test.after(() => wire.close());
    const front = await startFrontEnd(wire.bridge.url);
    test.after(front.close);
    await wire.put('large', Buffer.alloc(LARGE));
    const refused = await request(front.url, '/acme-lake/large', {
      headers: asBearer(await wire.token('reader')),
    });
    assert.deepEqual([refused.status, refused.headers['x-request-id']], [500, undefined]);
  });
});

describe('behind its invoker check', () => {
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

  it('a caller passes both with two tokens', async () => {
    const platforms = {
      'x-serverless-authorization': `Bearer ${await wire.token('scoped', { audience: INVOKER_AUDIENCE })}`,
    };
    const both = { ...platforms, ...asBearer(await wire.token('scoped')) };
    assert.equal((await request(front.url, path, { headers: both })).status, 200);
    const platformsAlone = await request(front.url, path, { headers: platforms });
    assert.deepEqual(
      [platformsAlone.status, platformsAlone.headers['x-fedbridge-error']],
      [401, 'unauthenticated'],
    );
  });

  it('a caller with one token passes one of them at most', async () => {
    const bridges = await request(front.url, path, { headers: asBearer(await wire.token('scoped')) });
    assert.deepEqual([bridges.status, bridges.headers['x-request-id']], [401, undefined]);
    const asInvoker = asBearer(await wire.token('scoped', { audience: INVOKER_AUDIENCE }));
    const stripped = await request(front.url, path, { headers: asInvoker });
    assert.deepEqual([stripped.status, stripped.headers['x-fedbridge-error']], [401, 'unauthenticated']);
    await wire.bridge.line(({ fault }) => fault === 'token_signature_removed');
  });
});
