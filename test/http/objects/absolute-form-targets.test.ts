// A request target may be a full URL (RFC 9112, 3.2.2). The bridge serves the path, and neither uses nor logs the URL's
// authority.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const READABLE = '/acme-lake/raw/public/orders.csv';
const AUTHORITIES = [
  'http://127.0.0.1:8080',
  'https://lake-bridge.example',
  'HTTP://EVIL.EXAMPLE',
  'http://[::1]:80',
  'http://user:password@evil.example',
];

describe('a request target in absolute form', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire();
  });
  after(() => wire.close());

  for (const authority of AUTHORITIES) {
    it(`with the authority ${authority} is served as if it contained only the path`, async () => {
      const path = await wire.get(READABLE, { as: 'reader' });
      await wire.forgetCalls();
      const absolute = await wire.get(authority + READABLE, { as: 'reader' });
      assert.deepEqual([absolute.status, absolute.text], [200, path.text]);
      assert.deepEqual(
        (await wire.calls('s3')).map((call) => call['path']),
        [READABLE],
      );
      const line = await wire.bridge.line(({ requestId }) => requestId === absolute.headers['x-request-id']);
      assert.equal((line['httpRequest'] as { requestUrl: string }).requestUrl, READABLE);
    });
  }

  it('is accepted for objects named in the query, listings, the list of buckets and control routes', async () => {
    for (const path of [
      '/-/whoami',
      '/-/object?bucket=acme-lake&key=README.txt',
      '/-/objects?bucket=acme-lake',
      '/acme-lake?list-type=2',
      '/',
      '',
      '?v=3',
    ]) {
      const reply = await wire.get(`http://evil.example${path}`, { as: 'reader' });
      const relative = await wire.get(path.startsWith('/') ? path : `/${path}`, { as: 'reader' });
      assert.deepEqual([reply.status, reply.text], [200, relative.text], path);
    }
  });

  it('is not normalized', async () => {
    await wire.put('a//../b', 'odd');
    assert.equal((await wire.get('http://evil.example/acme-lake/a//../b', { as: 'reader' })).text, 'odd');
  });

  it('is subject to the same checks as a target with only a path', async () => {
    assert.equal((await wire.get(`http://evil.example${READABLE}`)).status, 401);
    const denied = await wire.get('http://evil.example/acme-lake/raw/private/salaries.csv', { as: 'scoped' });
    assert.deepEqual([denied.status, denied.headers['x-fedbridge-error']], [403, 'not_granted']);
    assert.equal((await wire.get('http://evil.example/?access_token=a')).status, 400);
  });

  for (const target of [
    'ftp://evil.example/acme-lake/a',
    'http:///acme-lake/a',
    'http:/acme-lake/a',
    'acme-lake/a',
  ]) {
    it(`is rejected if it is ${target}`, async () => {
      const reply = await wire.get(target, { as: 'reader' });
      assert.equal(reply.status, 400);
      assert.match(reply.code ?? '', /^(?:InvalidURI|BadRequest)$/);
    });
  }
});
