// A token counts only with the signature that Google's own key made of exactly these bytes.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { googleClaims } from '../../support/google-claims.ts';
import { assertRefused, READABLE } from '../../support/refused-token.ts';
import { asBearer } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const FORGED = { fault: 'token_signature_invalid', says: /signature does not match/ } as const;
const ALGORITHM = { fault: 'token_algorithm_invalid', says: /not signed with RS256/ } as const;

describe('a forged token is refused', () => {
  let wire: Wire;
  let genuine: string;
  before(async () => {
    wire = await startWire();
    genuine = wire.sandbox.mint(googleClaims(wire, 'reader'));
    // The genuine one is remembered from here on, which must not help its forgeries.
    assert.equal((await wire.get(READABLE, { headers: asBearer(genuine) })).status, 200);
  });
  after(() => wire.close());

  it('with one bit of its signature flipped', async () => {
    const [header = '', claims = '', signature = ''] = genuine.split('.');
    const bytes = Buffer.from(signature, 'base64url');
    for (const place of [0, bytes.length >> 1, bytes.length - 1]) {
      const flipped = Buffer.from(bytes);
      flipped[place] = (flipped[place] ?? 0) ^ 1;
      await assertRefused(wire, `${header}.${claims}.${flipped.toString('base64url')}`, FORGED);
    }
  });

  it("with other claims under the genuine one's signature", async () => {
    const [header = '', , signature = ''] = genuine.split('.');
    const claims = wire.sandbox.mint(googleClaims(wire, 'reader', { admin: true })).split('.')[1] ?? '';
    await assertRefused(wire, `${header}.${claims}.${signature}`, FORGED);
  });

  it("signed by another key under the name of Google's", async () => {
    await assertRefused(wire, wire.sandbox.mint(googleClaims(wire, 'reader'), {}, 'foreign'), FORGED);
  });

  it('without a signature, where the header says that there is none', async () => {
    const unsigned = wire.sandbox.mint(googleClaims(wire, 'reader'), { alg: 'none' });
    await assertRefused(wire, unsigned, ALGORITHM);
    const [header = '', claims = ''] = unsigned.split('.');
    await assertRefused(wire, `${header}.${claims}.${genuine.split('.')[2] ?? ''}`, ALGORITHM);
  });

  it('with the public key as the secret of an HMAC', async () => {
    await assertRefused(wire, wire.sandbox.mint(googleClaims(wire, 'reader'), { alg: 'HS256' }), ALGORITHM);
  });

  it("with Google's key and another algorithm than Google's", async () => {
    await assertRefused(wire, wire.sandbox.mint(googleClaims(wire, 'reader'), { alg: 'RS512' }), ALGORITHM);
  });

  it('whose header does not name its key by a text', async () => {
    const unknown = { fault: 'token_key_unknown', says: /a key that Google does not publish/ } as const;
    for (const kid of [undefined, null, 0, ''])
      await assertRefused(wire, wire.sandbox.mint(googleClaims(wire, 'reader'), { kid }), unknown);
  });

  it('that brings its own key', async () => {
    const header = { jwk: { kty: 'RSA', e: 'AQAB', n: 'AQAB' }, jku: wire.sandbox.contract.control };
    await assertRefused(wire, wire.sandbox.mint(googleClaims(wire, 'reader'), header, 'foreign'), FORGED);
  });
});
