// If Google's key endpoint returns something other than a key set, the bridge keeps trying to fetch the keys.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { assertLogged, READABLE } from '../../support/refused-token.ts';
import { startStandIn } from '../../support/stand-in.ts';
import type { StandIn } from '../../support/stand-in.ts';
import { asBearer } from '../../support/token-headers.ts';
import { until } from '../../support/until.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const answer = (head: string, body: Buffer | string = ''): Buffer =>
  Buffer.concat([
    Buffer.from(`HTTP/1.1 ${head}\r\nContent-Length: ${body.length}\r\n\r\n`),
    Buffer.from(body),
  ]);

describe('the bridge', () => {
  let endpoint: StandIn;
  let wire: Wire;
  let token: string;
  let keys: string;
  let next: Buffer;
  before(async () => {
    next = answer('503 Service Unavailable');
    endpoint = await startStandIn(({ socket }) => {
      socket.write(next);
    });
    wire = await startWire({ environment: { FEDBRIDGE_GOOGLE_CERTS: `${endpoint.origin}/certs` } });
    keys = await (await fetch(wire.sandbox.contract.certs)).text();
    token = await wire.token('reader');
  });
  after(async () => {
    await wire.close();
    endpoint.close();
  });

  for (const [what, wrong] of [
    [
      'a response that switches protocols',
      () => answer('101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c'),
    ],
    [
      'a gzip response that it did not request',
      () => answer('200 OK\r\nContent-Encoding: gzip', gzipSync(keys)),
    ],
  ] as const) {
    it(`fetches Google's keys again, without compression, after ${what}`, async () => {
      next = wrong();
      const before = endpoint.asked.length;
      await until('the keys are requested', async () => {
        await wire.get(READABLE, { headers: asBearer(token) });
        return endpoint.asked.length > before;
      });
      const refused = await wire.get(READABLE, { headers: asBearer(token) });
      assert.equal(refused.status, 503);
      await assertLogged(wire, refused, 'signing_keys_unavailable');
      assert.equal(endpoint.asked[before]?.headers['accept-encoding'], 'identity');
    });
  }

  it('accepts callers once it has received a valid key set', async () => {
    next = answer('200 OK\r\nContent-Type: application/json', keys);
    await until(
      'the caller is authenticated',
      async () => (await wire.get(READABLE, { headers: asBearer(token) })).status === 200,
    );
  });
});
