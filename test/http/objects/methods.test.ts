// Methods other than GET and HEAD are rejected before authentication, on both data and control paths.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertLogged, READABLE } from '../../support/refused-token.ts';
import { rawExchange } from '../../support/raw-exchange.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const METHODS = [
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'COPY',
  'LOCK',
  'PURGE',
  'QUERY',
];
const DATA_PATHS = [READABLE, '/acme-lake', '/acme-lake?delete', '/', '/no-such-bucket/x', '/%zz'];
const CONTROL_PATHS = ['live', 'ready', 'whoami', 'metrics', 'object', 'objects', 'openapi.json', 'none'].map(
  (name) => `/-/${name}`,
);

describe('a method other than GET and HEAD', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire();
    await wire.forgetCalls();
  });
  after(() => wire.close());

  for (const method of METHODS) {
    it(`such as ${method} is rejected without a token`, async () => {
      for (const path of DATA_PATHS) {
        const reply = await wire.get(path, { method });
        assert.deepEqual([reply.status, reply.code], [405, 'MethodNotAllowed'], path);
        assert.equal(reply.headers.allow, 'GET, HEAD');
        assert.equal(reply.headers['x-fedbridge-error'], 'invalid_request');
        assert.match(reply.text, /is read-only: use GET or HEAD/);
        await assertLogged(wire, reply, 'method_not_allowed');
      }
      for (const path of CONTROL_PATHS) {
        const reply = await wire.get(path, { method });
        assert.equal(reply.status, 405, path);
        assert.equal(reply.headers.allow, 'GET, HEAD');
        assert.equal(reply.headers['content-type'], 'application/problem+json');
        assert.equal((JSON.parse(reply.text) as { error: string }).error, 'invalid_request');
        await assertLogged(wire, reply, 'method_not_allowed');
      }
    });
  }

  it("such as a browser's OPTIONS is logged with a remedy that names cors.origins", async () => {
    const reply = await wire.get(READABLE, { method: 'OPTIONS', headers: { origin: 'https://app.example' } });
    const { remedy } = await assertLogged(wire, reply, 'method_not_allowed');
    assert.match(String(remedy), /browser.*`cors\.origins`/);
  });

  it('is rejected in the same way with a valid token, an invalid token or a token in the URL', async () => {
    const valid = { authorization: `Bearer ${await wire.token('reader')}` };
    for (const headers of [valid, { authorization: 'Bearer not-a-token' }, { authorization: ['a', 'b'] }])
      assert.equal((await wire.get(READABLE, { method: 'DELETE', headers })).status, 405);
    assert.equal((await wire.get(`${READABLE}?access_token=x`, { method: 'DELETE' })).status, 405);
  });

  it('is rejected even if the request has a body, or announces a body that is never sent', async () => {
    for (const path of [READABLE, '/-/whoami'])
      assert.equal((await wire.get(path, { method: 'PUT', body: Buffer.alloc(200_000) })).status, 405);
    const announced = 'PUT /acme-lake/x HTTP/1.1\r\nHost: b\r\nContent-Length: 100000000\r\n\r\n';
    const isComplete = (text: string): boolean => text.includes('\r\n\r\n');
    assert.match(await rawExchange(wire.bridge.url, announced, isComplete), /^HTTP\/1\.1 405 /);
  });

  it('such as CONNECT does not open a tunnel', async () => {
    const response = await rawExchange(wire.bridge.url, 'CONNECT 127.0.0.1:80 HTTP/1.1\r\nHost: b\r\n\r\n');
    assert.doesNotMatch(response, /^HTTP\/1\.1 2/);
  });

  it('cannot be set by an override header', async () => {
    const headers = { 'x-http-method-override': 'DELETE', 'x-method-override': 'DELETE' };
    assert.equal((await wire.get(READABLE, { as: 'reader', headers })).status, 200);
    assert.equal((await wire.get(READABLE, { as: 'reader' })).status, 200);
  });

  it("does not make the bridge fetch Google's keys or call S3", async () => {
    // Google's keys were fetched at startup. Both calls to S3 come from the GET requests in the previous test.
    assert.deepEqual(await wire.calls('certs'), []);
    const methods = (await wire.calls('s3')).map(({ method }) => method);
    assert.deepEqual(methods, ['GET', 'GET']);
  });
});
