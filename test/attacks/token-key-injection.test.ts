// No header of a token names a key, a place of keys, or a rule: Google's own set, and the name in it, are all that counts.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { googleClaims } from '../support/google-claims.ts';
import { READABLE } from '../support/refused-token.ts';
import { asBearer } from '../support/token-headers.ts';
import { startWire } from '../support/wire.ts';
import type { Wire } from '../support/wire.ts';

describe('a token', () => {
  let wire: Wire;
  const asked: string[] = [];
  const trap = createServer(({ url = '' }, response) => {
    asked.push(url);
    response.setHeader('content-type', 'application/json').end('{"keys":[]}');
  });
  let origin: string;
  before(async () => {
    trap.listen(0, '127.0.0.1');
    await once(trap, 'listening');
    origin = `http://127.0.0.1:${(trap.address() as AddressInfo).port}`;
    wire = await startWire();
  });
  after(async () => {
    await wire.close();
    trap.close();
  });

  const statusOf = async (
    header: Readonly<Record<string, unknown>>,
    signer: 'google' | 'foreign',
  ): Promise<number> => {
    const token = wire.sandbox.mint(googleClaims(wire, 'reader'), header, signer);
    return (await wire.get(READABLE, { headers: asBearer(token) })).status;
  };

  it('whose `kid` is a path, a URL, a list or a query finds no key', async () => {
    const kids: readonly unknown[] = [
      '../../../../dev/null',
      '/etc/passwd',
      'file:///dev/null',
      `${origin}/jwks`,
      "' OR 1=1 --",
      '*',
      '.*',
      '\0',
      '%00',
      '__proto__',
      'constructor',
      'length',
      '0',
      ['a'],
      [],
      {},
      { kid: 'a' },
      true,
      0,
      null,
      'k'.repeat(4000),
    ];
    for (const kid of kids)
      for (const signer of ['google', 'foreign'] as const)
        assert.equal(await statusOf({ kid }, signer), 401, JSON.stringify(kid));
  });

  it('that says where its key is, or brings it, is judged by Google’s', async () => {
    const headers: readonly Record<string, unknown>[] = [
      ...['jku', 'x5u'].map((name) => ({ [name]: `${origin}/${name}` })),
      { x5c: ['MIIB'], x5t: 'AAAA' },
      { jwk: { kty: 'oct', k: 'AAAA' } },
    ];
    for (const header of headers) {
      assert.equal(await statusOf(header, 'foreign'), 401, JSON.stringify(header));
      assert.equal(await statusOf(header, 'google'), 200, 'Google’s own signature makes it good');
    }
    assert.deepEqual(asked, [], 'nobody was asked for keys');
  });

  it('that demands a rule which the bridge does not know is refused, whoever signed it', async () => {
    for (const header of [
      { crit: ['x'], x: 1 },
      { crit: ['b64'], b64: false },
      { crit: [] },
      { crit: 'exp' },
      { crit: ['exp'], exp: 1 },
    ])
      assert.equal(await statusOf(header, 'google'), 401, JSON.stringify(header));
  });

  it('of another algorithm by name is refused before a key is looked for', async () => {
    const genuine = wire.sandbox.mint(googleClaims(wire, 'reader'));
    const [, claims = '', signature = ''] = genuine.split('.');
    const { kid } = JSON.parse(Buffer.from(genuine.split('.')[0] ?? '', 'base64url').toString()) as {
      readonly kid: string;
    };
    for (const alg of [
      'None',
      'nOnE',
      'NONE',
      '',
      'rs256',
      'RS256 ',
      'PS256',
      'ES256',
      'EdDSA',
      'HS384',
      ['RS256'],
      null,
      0,
      true,
    ]) {
      const header = Buffer.from(JSON.stringify({ alg, kid, typ: 'JWT' })).toString('base64url');
      for (const tail of [signature, '']) {
        const { status } = await wire.get(READABLE, { headers: asBearer(`${header}.${claims}.${tail}`) });
        assert.equal(status, 401, JSON.stringify(alg));
      }
    }
  });
});
