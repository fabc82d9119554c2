// A read with Expect: 100-continue gets 100 before its response, because some clients wait for 100 forever (OpenJDK's
// JDK-8286171).
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { rawExchange } from '../../support/raw-exchange.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const READABLE = '/acme-lake/raw/public/orders.csv';

describe('Expect: 100-continue', () => {
  let wire: Wire;
  let headers: string;
  before(async () => {
    wire = await startWire();
    headers = `Host: b\r\nAuthorization: Bearer ${await wire.token('reader')}`;
  });
  after(() => wire.close());

  const statuses = async (bytes: string): Promise<readonly (string | undefined)[]> =>
    [...(await rawExchange(wire.bridge.url, bytes)).matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(
      ([, status]) => status,
    );
  const expecting = (line: string, ...more: readonly string[]): string =>
    [`${line} HTTP/1.1`, headers, 'Expect: 100-continue', ...more, '', ''].join('\r\n');

  for (const [line, status] of [
    [`GET ${READABLE}`, '200'],
    [`HEAD ${READABLE}`, '200'],
    ['GET /acme-lake?list-type=2', '200'],
    ['GET /-/whoami', '200'],
    ['GET /acme-elsewhere/a', '403'],
  ] as const) {
    it(`gets 100 for ${line}`, async () => {
      assert.deepEqual(await statuses(expecting(line, 'Connection: close')), ['100', status]);
    });
  }

  it('gets 100 in the right order among pipelined requests', async () => {
    const first = `GET ${READABLE} HTTP/1.1\r\n${headers}\r\n\r\n`;
    const second = expecting(`GET ${READABLE}`, 'Connection: close');
    assert.deepEqual(await statuses(first + second), ['200', '100', '200']);
  });

  it('does not get 100 for a rejected method, so that the client never sends the body', async () => {
    const bytes = expecting(`PUT ${READABLE}`, 'Content-Length: 5', 'Connection: close');
    assert.deepEqual(await statuses(bytes), ['405']);
  });

  it('is ignored in HTTP/1.0', async () => {
    const bytes = expecting(`GET ${READABLE}`).replace('HTTP/1.1', 'HTTP/1.0');
    assert.deepEqual(await statuses(bytes), ['200']);
  });
});
