// A target may be a whole URL (RFC 9112, 3.2.2): its path is served, and its authority neither used nor logged.
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

describe('a target in absolute form', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire();
  });
  after(() => wire.close());

  for (const authority of AUTHORITIES) {
    it(`${authority}/… is served by its path`, async () => {
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

  it('reaches control routes, routes by query, lists and the service', async () => {
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
      const usual = await wire.get(path.startsWith('/') ? path : `/${path}`, { as: 'reader' });
      assert.deepEqual([reply.status, reply.text], [200, usual.text], path);
    }
  });

  it('is read byte for byte, as a path is', async () => {
    await wire.put('a//../b', 'odd');
    assert.equal((await wire.get('http://evil.example/acme-lake/a//../b', { as: 'reader' })).text, 'odd');
  });

  it('opens nothing that its path does not', async () => {
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
    it(`${target} is no target`, async () => {
      const reply = await wire.get(target, { as: 'reader' });
      assert.equal(reply.status, 400);
      assert.match(reply.code ?? '', /^(?:InvalidURI|BadRequest)$/);
    });
  }
});
