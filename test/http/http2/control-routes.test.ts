// Control routes send the same responses over HTTP/2 as over HTTP/1, although Express supports only HTTP/1.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { RequestOptions } from '../../support/http-request.ts';
import { http2Request } from '../../support/http2-request.ts';
import { asBearer } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const COMPARED = ['content-type', 'content-length', 'cache-control', 'x-fedbridge-error', 'allow', 'etag'];

describe('a control route over HTTP/2', () => {
  let wire: Wire;
  let headers: Record<string, string>;
  before(async () => {
    wire = await startWire();
    headers = asBearer(await wire.token('reader'));
  });
  after(() => wire.close());

  const REQUESTS: readonly (readonly [path: string, options: RequestOptions, status: number])[] = [
    ['/-/live', {}, 200],
    ['/-/live', { method: 'HEAD' }, 200],
    ['/-/ready', {}, 200],
    ['/-/live/', {}, 404],
    ['/-/LIVE', {}, 404],
    ['/-/whoami', {}, 200],
    ['/-/whoami?x=1', {}, 200],
    ['/-/whoami', { headers: { authorization: 'Bearer x' } }, 401],
    ['/-/explain?bucket=acme-lake&key=raw/a', {}, 200],
    ['/-/explain?bucket=acme-lake', {}, 400],
    ['/-/metrics', {}, 403],
    ['/-/openapi.json', {}, 200],
    ['/-/openapi.json', { method: 'HEAD' }, 200],
    ['/-/openapi.json/', {}, 404],
    ['/-/nowhere', {}, 404],
    ['/-/live', { method: 'POST', body: 'x' }, 405],
    ['/-/live', { method: 'DELETE' }, 405],
  ];
  for (const [path, options, status] of REQUESTS) {
    it(`responds with ${status} to ${options.method ?? 'GET'} ${path}, as over HTTP/1`, async () => {
      const sent = { ...options, headers: { ...headers, ...options.headers } };
      const [one, two] = [await wire.get(path, sent), await http2Request(wire.bridge.url, path, sent)];
      assert.deepEqual([one.status, two.status], [status, status]);
      assert.ok(two.headers['x-request-id'] !== undefined);
      assert.equal(withoutId(two.text), withoutId(one.text));
      // Compares only some headers, because request IDs of different lengths change Content-Length.
      for (const name of COMPARED) assert.equal(two.headers[name], one.headers[name], name);
    });
  }
});

const withoutId = (text: string): string => text.replace(/"requestId":"[^"]*"/, '');
