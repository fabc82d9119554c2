// Web pages from configured origins can read objects and every response header. Web pages from other origins cannot.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { configured } from '../../support/configuration.ts';
import type { Reply } from '../../support/http-request.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const APP = 'https://app.example';
const GRANTS = ['callers: ["project:acme-prod"], allow: [get, list], bucket: acme-lake'];
const PREFLIGHT = {
  'access-control-request-method': 'GET',
  'access-control-request-headers': 'authorization, range',
};

const corsOf = ({ headers }: Reply): Record<string, unknown> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-')));

describe('a bridge with configured CORS origins', () => {
  let wire: Wire;
  before(async () => {
    const more = `cors: { origins: ["${APP}", "http://localhost:3000"], maxAge: 77s }`;
    wire = await startWire({ config: configured({ grants: GRANTS, more }) });
  });
  after(() => wire.close());

  const preflight = (path: string, origin: string): Promise<Reply> =>
    wire.get(path, { method: 'OPTIONS', headers: { origin, ...PREFLIGHT } });

  it('does not require a token for a preflight, and allows the methods and headers of reads', async () => {
    for (const path of [
      '/acme-lake/raw/public/orders.csv',
      '/acme-lake?list-type=2',
      '/-/object?bucket=b&key=k',
      '/-/whoami',
    ]) {
      const reply = await preflight(path, APP);
      assert.equal(reply.status, 204);
      assert.deepEqual(corsOf(reply), {
        'access-control-expose-headers': '*',
        'access-control-allow-origin': APP,
        'access-control-allow-methods': 'GET, HEAD',
        'access-control-allow-headers': 'authorization, range',
        'access-control-max-age': '77',
      });
    }
  });

  it('lets a configured origin read responses and errors, with all their headers', async () => {
    for (const [path, as, status] of [
      ['/acme-lake/raw/public/orders.csv', 'reader', 200],
      ['/acme-lake/absent', 'reader', 404],
      ['/acme-lake/raw/public/orders.csv', undefined, 401],
      ['/acme-elsewhere/a', 'reader', 403],
      ['/-/whoami', 'reader', 200],
    ] as const) {
      const reply = await wire.get(path, { ...(as === undefined ? {} : { as }), headers: { origin: APP } });
      assert.equal(reply.status, status);
      assert.deepEqual(corsOf(reply), {
        'access-control-allow-origin': APP,
        'access-control-expose-headers': '*',
      });
      assert.match(reply.headers.vary ?? '', /\borigin\b/i);
    }
  });

  for (const origin of [
    'https://evil.example',
    'https://app.example.evil.example',
    'https://app.example:444',
    'http://app.example',
    'null',
  ]) {
    it(`does not allow the origin ${origin}`, async () => {
      assert.deepEqual(corsOf(await preflight('/acme-lake/a', origin)), {});
      const reply = await wire.get('/acme-lake/raw/public/orders.csv', { as: 'reader', headers: { origin } });
      assert.deepEqual(corsOf(reply), {});
      assert.match(
        reply.headers.vary ?? '',
        /\borigin\b/i,
        'a cache must not serve this to an allowed origin',
      );
    });
  }

  it('does not let a preflight inject a malformed header name', async () => {
    const headers = { origin: APP, ...PREFLIGHT, 'access-control-request-headers': 'range, a:b' };
    const reply = await wire.get('/acme-lake/a', { method: 'OPTIONS', headers });
    assert.equal(reply.headers['access-control-allow-headers'], undefined);
  });
});

describe('a bridge without configured CORS origins', () => {
  it('responds to OPTIONS with 405, and does not allow any origin', async (test) => {
    const wire = await startWire();
    test.after(() => wire.close());
    const preflight = await wire.get('/acme-lake/a', {
      method: 'OPTIONS',
      headers: { origin: APP, ...PREFLIGHT },
    });
    assert.deepEqual([preflight.status, preflight.headers.allow, corsOf(preflight)], [405, 'GET, HEAD', {}]);
    const reply = await wire.get('/acme-lake/raw/public/orders.csv', {
      as: 'reader',
      headers: { origin: APP },
    });
    assert.deepEqual(corsOf(reply), {});
  });
});
