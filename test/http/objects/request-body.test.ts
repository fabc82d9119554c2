// The body of a rejected request is never mistaken for the next request on the connection.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertLogged } from '../../support/refused-token.ts';
import { rawExchange } from '../../support/raw-exchange.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const HIDDEN = 'GET /hidden/x HTTP/1.1\r\nHost: hidden\r\n\r\n';
const NEXT = 'GET /-/ready HTTP/1.1\r\nHost: next\r\nConnection: close\r\n\r\n';
const CHUNKED = `${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`;

describe('a request body', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire();
  });
  after(() => wire.close());

  const statuses = async (bytes: string): Promise<readonly (string | undefined)[]> =>
    [...(await rawExchange(wire.bridge.url, bytes)).matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(
      ([, status]) => status,
    );

  for (const [what, path, status] of [
    ['of a request with a rejected method', 'POST /acme-lake/x', '405'],
    ['of a request with a rejected method to a control route', 'POST /-/live', '405'],
    ['of a GET without a token', 'GET /acme-lake/x', '401'],
  ] as const) {
    it(`${what} is skipped, and the next request is served`, async () => {
      const head = `${path} HTTP/1.1\r\nHost: b\r\n`;
      assert.deepEqual(await statuses(`${head}Content-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}${NEXT}`), [
        status,
        '200',
      ]);
      assert.deepEqual(await statuses(`${head}Transfer-Encoding: chunked\r\n\r\n${CHUNKED}${NEXT}`), [
        status,
        '200',
      ]);
    });
  }

  it('with two declared lengths is rejected, and later requests on the connection are not served', async () => {
    const head = 'POST /acme-lake/x HTTP/1.1\r\nHost: b\r\n';
    const both = `${head}Content-Length: ${CHUNKED.length}\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKED}${NEXT}`;
    const twice = `${head}Content-Length: 0\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}${NEXT}`;
    for (const bytes of [both, twice]) assert.deepEqual(await statuses(bytes), ['400']);
  });

  it('is never logged as a request of its own', async () => {
    const last = await wire.get('/acme-lake/last');
    await assertLogged(wire, last, 'token_missing');
    assert.doesNotMatch(wire.bridge.output(), /hidden/);
  });
});
