// `/-/openapi.json` serves docs/openapi.yaml as JSON to everyone, over HTTP/1 and HTTP/2.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openapiSource } from '../../support/openapi.ts';
import { PROTOCOLS } from '../../support/sts-form.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const PATH = '/-/openapi.json';

const withoutExamples = JSON.stringify(openapiSource, (name, value: unknown) =>
  name === 'x-example-requests' ? undefined : value,
);

for (const [protocol, send] of Object.entries(PROTOCOLS))
  describe(`${PATH} over ${protocol}`, () => {
    let wire: Wire;
    before(async () => {
      wire = await startWire();
      await wire.forgetCalls();
    });
    after(() => wire.close());

    it('is docs/openapi.yaml as JSON, without the example requests', async () => {
      const { status, headers, text } = await send(wire.bridge.url, PATH);
      assert.equal(status, 200);
      assert.equal(headers['content-type'], 'application/json');
      assert.equal(headers['cache-control'], 'no-store');
      assert.equal(text, withoutExamples);
    });

    it('does not require a token, and is the same for every caller', async () => {
      const authorization = `Bearer ${await wire.token('reader')}`;
      for (const headers of [{ authorization }, { authorization: 'Bearer none' }])
        assert.equal((await send(wire.bridge.url, PATH, { headers })).text, withoutExamples);
      for (const upstream of ['sts', 's3'] as const) assert.deepEqual(await wire.calls(upstream), []);
    });

    it('does not reveal anything from the configuration', async () => {
      const { text } = await send(wire.bridge.url, PATH);
      const { role, audience, callers } = wire.sandbox.contract;
      for (const value of [role, audience, callers.scoped]) assert.ok(!text.includes(value), value);
    });

    it('responds to HEAD without a body, and rejects POST with 405', async () => {
      const head = await send(wire.bridge.url, PATH, { method: 'HEAD' });
      assert.deepEqual([head.status, head.body.length], [200, 0]);
      assert.equal(head.headers['content-length'], String(Buffer.byteLength(withoutExamples)));
      const post = await send(wire.bridge.url, PATH, { method: 'POST', body: '{}' });
      assert.deepEqual([post.status, post.headers.allow], [405, 'GET, HEAD']);
    });

    it('is logged as its own operation, with its size', async () => {
      const { headers } = await send(wire.bridge.url, PATH);
      const line = await wire.bridge.line(({ requestId }) => requestId === headers['x-request-id']);
      assert.equal(line['operation'], 'openapi');
      const { responseSize } = line['httpRequest'] as { readonly responseSize: string };
      assert.equal(responseSize, String(Buffer.byteLength(withoutExamples)));
    });
  });

it(`the console does not serve ${PATH}`, async () => {
  const wire = await startWire({ console: true });
  try {
    assert.equal((await wire.get(PATH, { headers: { 'sec-fetch-site': 'same-origin' } })).status, 404);
  } finally {
    await wire.close();
  }
});
