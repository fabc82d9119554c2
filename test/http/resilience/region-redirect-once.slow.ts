// However S3 says where a bucket is, and however many ask at once: each request is signed again at most once, one line tells it.
import assert from 'node:assert/strict';
import { after, beforeEach, describe, it } from 'node:test';
import { configured } from '../../support/configuration.ts';
import { PATIENT, startClockedWire } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { startStandIn } from '../../support/s3-stand-in.ts';
import type { StandIn } from '../../support/s3-stand-in.ts';

const FIRST_REQUESTS = 50;

interface Redirect {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

const document = (code: string, more = ''): string => `<Error><Code>${code}</Code>${more}</Error>`;
const REGION = '<Region>us-east-2</Region>';
const BY_HEADER = { 'x-amz-bucket-region': 'us-east-2' };

/** An S3 whose bucket is in us-east-2, and which says so in one of its ways. */
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

describe('a bucket elsewhere', () => {
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
    ['301 with a header', 'GET', { status: 301, headers: BY_HEADER, body: document('PermanentRedirect') }],
    ['301 with a header alone', 'HEAD', { status: 301, headers: BY_HEADER }],
    ['307', 'GET', { status: 307, headers: BY_HEADER, body: document('TemporaryRedirect') }],
    [
      '400 that names the region',
      'GET',
      { status: 400, body: document('AuthorizationHeaderMalformed', REGION) },
    ],
    ['400 with a header alone', 'HEAD', { status: 400, headers: BY_HEADER }],
  ] as const) {
    it(`that S3 tells by ${what} is found with one more ${method}`, async () => {
      await start(redirect);
      for (const asked of [2, 3]) {
        assert.equal((await wire.get('/acme-far/a', { as: 'reader', method })).status, 200);
        assert.equal(s3.asked.length, asked);
      }
    });
  }

  it('is not looked for where S3 names no other region', async () => {
    await start({ status: 400, body: document('AuthorizationHeaderMalformed') });
    assert.equal((await wire.get('/acme-far/a', { as: 'reader' })).status, 400);
    assert.equal(s3.asked.length, 1);
  });

  it('that S3 never ends to redirect is given up after one more request', async () => {
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

  it(`is learned by ${FIRST_REQUESTS} first requests at once, and told the operator once`, async () => {
    await start({ status: 301, headers: BY_HEADER, body: document('PermanentRedirect') });
    const authorization = `Bearer ${await wire.token('reader')}`;
    // The others wait for half a second at most.
    await wire.setClocks(PATIENT);
    const replies = await Promise.all(
      Array.from({ length: FIRST_REQUESTS }, () => wire.get('/acme-far/a', { headers: { authorization } })),
    );
    assert.ok(replies.every(({ status, text }) => status === 200 && text === 'found'));
    assert.equal(s3.asked.length, FIRST_REQUESTS + 1, 'one is redirected, the others wait for what it finds');
    const before = s3.asked.length;
    assert.equal((await wire.get('/acme-far/a', { headers: { authorization } })).status, 200);
    assert.equal(s3.asked.length, before + 1, 'and from then on each once');
    const told = wire.bridge.lines.filter(({ remedy }) => String(remedy).includes('region to us-east-2'));
    assert.equal(told.length, 1);
  });
});
