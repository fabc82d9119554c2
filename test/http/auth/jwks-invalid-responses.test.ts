// A key endpoint that answers something else than a key set is asked again: no answer of it stops the bridge for good.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { assertLogged, READABLE } from '../../support/refused-token.ts';
import { asBearer } from '../../support/token-headers.ts';
import { until } from '../../support/until.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const answer = (head: string, body: Buffer | string = ''): Buffer =>
  Buffer.concat([
    Buffer.from(`HTTP/1.1 ${head}\r\nContent-Length: ${body.length}\r\n\r\n`),
    Buffer.from(body),
  ]);

describe('an endpoint of keys that answers', () => {
  let endpoint: Server;
  let wire: Wire;
  let token: string;
  let keys: string;
  let next: Buffer;
  let asked: string[] = [];
  before(async () => {
    next = answer('503 Service Unavailable');
    endpoint = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (head) => {
        asked.push(head.toString('latin1'));
        socket.write(next);
      });
    }).listen(0, '127.0.0.1');
    await once(endpoint, 'listening');
    const { port } = endpoint.address() as AddressInfo;
    wire = await startWire({ environment: { FEDBRIDGE_GOOGLE_CERTS: `http://127.0.0.1:${port}/certs` } });
    keys = await (await fetch(wire.sandbox.contract.certs)).text();
    token = await wire.token('reader');
  });
  after(async () => {
    await wire.close();
    endpoint.close();
  });

  for (const [what, wrong] of [
    ['with another protocol', () => answer('101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c')],
    ['in gzip, which it was not asked for', () => answer('200 OK\r\nContent-Encoding: gzip', gzipSync(keys))],
  ] as const) {
    it(`${what} is asked again, in plain`, async () => {
      next = wrong();
      asked = [];
      await until('the keys are asked for', async () => {
        await wire.get(READABLE, { headers: asBearer(token) });
        return asked.length > 0;
      });
      const refused = await wire.get(READABLE, { headers: asBearer(token) });
      assert.equal(refused.status, 503);
      await assertLogged(wire, refused, 'signing_keys_unavailable');
      assert.match(asked[0] ?? '', /^accept-encoding: identity\r$/im);
    });
  }

  it('with keys, at last, is believed', async () => {
    next = answer('200 OK\r\nContent-Type: application/json', keys);
    await until(
      'callers are recognised',
      async () => (await wire.get(READABLE, { headers: asBearer(token) })).status === 200,
    );
  });
});
