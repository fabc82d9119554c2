// However S3 reports a bucket's region, each request is signed again at most once, and the log reports the region once.
import assert from 'node:assert/strict';
import { after, beforeEach, describe, it } from 'node:test';
import { configured } from '../../support/configuration.ts';
import { PATIENT, startClockedWire } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { startStandIn } from '../../support/stand-in.ts';
import type { StandIn } from '../../support/stand-in.ts';

const FIRST_REQUESTS = 50;

interface Redirect {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

const document = (code: string, more = ''): string => `<Error><Code>${code}</Code>${more}</Error>`;
const REGION = '<Region>us-east-2</Region>';
const BY_HEADER = { 'x-amz-bucket-region': 'us-east-2' };

/** Starts an S3 endpoint whose bucket is in us-east-2. The given response reports this region. */
async function s3WithRedirect(redirect: Redirect): Promise<StandIn> {
  return startStandIn((request, response) => {
    if (request.headers.authorization?.includes('/us-east-2/s3/') === true) {
      response.end(request.method === 'HEAD' ? undefined : 'found');
      return;
    }
    response.writeHead(redirect.status, redirect.headers);
    response.end(request.method === 'HEAD' ? undefined : redirect.body);
  });
}

describe('a bucket in a different region', () => {
  const closing: (() => unknown)[] = [];
  let wire: ClockedWire;
  let s3: StandIn;
  const start = async (redirect: Redirect): Promise<void> => {
    s3 = await s3WithRedirect(redirect);
    wire = await startClockedWire({
      config: configured({
        buckets: { 'acme-far': `role: lake, endpoint: "${s3.origin}"` },
        grants: ['callers: ["project:acme-prod"], allow: [get], bucket: acme-far'],
      }),
    });
    closing.push(wire.close, s3.close);
  };
  const close = async (): Promise<void> => {
    for (const one of closing.splice(0)) await one();
  };
  beforeEach(close);
  after(close);

  for (const [what, method, redirect] of [
    ['a 301 and a header', 'GET', { status: 301, headers: BY_HEADER, body: document('PermanentRedirect') }],
    ['a 301 and only a header', 'HEAD', { status: 301, headers: BY_HEADER }],
    ['a 307', 'GET', { status: 307, headers: BY_HEADER, body: document('TemporaryRedirect') }],
    [
      'a 400 with the region in its body',
      'GET',
      { status: 400, body: document('AuthorizationHeaderMalformed', REGION) },
    ],
    ['a 400 and only a header', 'HEAD', { status: 400, headers: BY_HEADER }],
  ] as const) {
    it(`whose region S3 reports with ${what} is found with one more ${method}`, async () => {
      await start(redirect);
      for (const requests of [2, 3]) {
        assert.equal((await wire.get('/acme-far/a', { as: 'reader', method })).status, 200);
        assert.equal(s3.asked.length, requests);
      }
    });
  }

  it('is not searched for if S3 does not report a region', async () => {
    await start({ status: 400, body: document('AuthorizationHeaderMalformed') });
    assert.equal((await wire.get('/acme-far/a', { as: 'reader' })).status, 400);
    assert.equal(s3.asked.length, 1);
  });

  it('causes an error after one more request if S3 keeps redirecting', async () => {
    await start({
      status: 307,
      headers: { 'x-amz-bucket-region': 'eu-north-1' },
      body: document('TemporaryRedirect'),
    });
    const reply = await wire.get('/acme-far/a', { as: 'reader' });
    assert.deepEqual(
      [reply.status, reply.headers['x-fedbridge-error'], s3.asked.length],
      [502, 'upstream_failed', 2],
    );
  });

  it(`is found once and logged once for ${FIRST_REQUESTS} concurrent first requests`, async () => {
    await start({ status: 301, headers: BY_HEADER, body: document('PermanentRedirect') });
    const authorization = `Bearer ${await wire.token('reader')}`;
    // Slows down timers, because the other requests wait at most half a second for the first request to find the region.
    await wire.setClocks(PATIENT);
    const replies = await Promise.all(
      Array.from({ length: FIRST_REQUESTS }, () => wire.get('/acme-far/a', { headers: { authorization } })),
    );
    assert.ok(replies.every(({ status, text }) => status === 200 && text === 'found'));
    assert.equal(s3.asked.length, FIRST_REQUESTS + 1, 'one is redirected, the others wait for its result');
    const before = s3.asked.length;
    assert.equal((await wire.get('/acme-far/a', { headers: { authorization } })).status, 200);
    assert.equal(s3.asked.length, before + 1, 'later requests are sent once');
    const lines = wire.bridge.lines.filter(({ remedy }) => String(remedy).includes('region to us-east-2'));
    assert.equal(lines.length, 1);
  });
});
