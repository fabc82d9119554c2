// A token's header can select only a key from Google's key set, by key ID. The bridge ignores embedded keys, key URLs and other
// header parameters.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { googleClaims } from '../support/google-claims.ts';
import { READABLE } from '../support/refused-token.ts';
import { startStandIn } from '../support/stand-in.ts';
import type { StandIn } from '../support/stand-in.ts';
import { asBearer } from '../support/token-headers.ts';
import { startWire } from '../support/wire.ts';
import type { Wire } from '../support/wire.ts';

describe('a token', () => {
  let wire: Wire;
  let trap: StandIn;
  before(async () => {
    trap = await startStandIn((_request, response) => {
      response.setHeader('content-type', 'application/json').end('{"keys":[]}');
    });
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

  it('does not match any key if its `kid` is a path, a URL, a list or a query', async () => {
    const kids: readonly unknown[] = [
      '../../../../dev/null',
      '/etc/passwd',
      'file:///dev/null',
      `${trap.origin}/jwks`,
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

  it("that contains a key or a key URL is still verified only with Google's keys", async () => {
    const headers: readonly Record<string, unknown>[] = [
      ...['jku', 'x5u'].map((name) => ({ [name]: `${trap.origin}/${name}` })),
      { x5c: ['MIIB'], x5t: 'AAAA' },
      { jwk: { kty: 'oct', k: 'AAAA' } },
    ];
    for (const header of headers) {
      assert.equal(await statusOf(header, 'foreign'), 401, JSON.stringify(header));
      assert.equal(await statusOf(header, 'google'), 200, "a token with Google's own signature is valid");
    }
    assert.deepEqual(
      trap.asked.map(({ url }) => url),
      [],
      "no key was fetched from the token's URL",
    );
  });

  it('with an unknown critical header is rejected, even if Google signed it', async () => {
    for (const header of [
      { crit: ['x'], x: 1 },
      { crit: ['b64'], b64: false },
      { crit: [] },
      { crit: 'exp' },
      { crit: ['exp'], exp: 1 },
    ])
      assert.equal(await statusOf(header, 'google'), 401, JSON.stringify(header));
  });

  it('with an algorithm other than RS256 is rejected before its key is looked up', async () => {
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
