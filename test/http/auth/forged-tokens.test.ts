// A token is accepted only if its exact bytes were signed with one of Google's keys.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { googleClaims } from '../../support/google-claims.ts';
import { assertRefused, READABLE } from '../../support/refused-token.ts';
import { asBearer } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const FORGED = { fault: 'token_signature_invalid', says: /signature does not match/ } as const;
const ALGORITHM = {
  fault: 'token_algorithm_invalid',
  says: /signature algorithm of the identity token is not accepted/,
} as const;

describe('a forged token', () => {
  let wire: Wire;
  let genuine: string;
  before(async () => {
    wire = await startWire();
    genuine = wire.sandbox.mint(googleClaims(wire, 'reader'));
    // Caches the genuine token, because forged variants of a cached token must still be rejected.
    assert.equal((await wire.get(READABLE, { headers: asBearer(genuine) })).status, 200);
  });
  after(() => wire.close());

  it('is rejected if one bit of the signature is flipped', async () => {
    const [header = '', claims = '', signature = ''] = genuine.split('.');
    const bytes = Buffer.from(signature, 'base64url');
    for (const place of [0, bytes.length >> 1, bytes.length - 1]) {
      const flipped = Buffer.from(bytes);
      flipped[place] = (flipped[place] ?? 0) ^ 1;
      await assertRefused(wire, `${header}.${claims}.${flipped.toString('base64url')}`, FORGED);
    }
  });

  it('is rejected if it has the signature of a genuine token but different claims', async () => {
    const [header = '', , signature = ''] = genuine.split('.');
    const claims = wire.sandbox.mint(googleClaims(wire, 'reader', { admin: true })).split('.')[1] ?? '';
    await assertRefused(wire, `${header}.${claims}.${signature}`, FORGED);
  });

  it("is rejected if it has Google's key ID but was signed with a different key", async () => {
    await assertRefused(wire, wire.sandbox.mint(googleClaims(wire, 'reader'), {}, 'foreign'), FORGED);
  });

  it('is rejected if its header sets alg to none', async () => {
    const unsigned = wire.sandbox.mint(googleClaims(wire, 'reader'), { alg: 'none' });
    await assertRefused(wire, unsigned, ALGORITHM);
    const [header = '', claims = ''] = unsigned.split('.');
    await assertRefused(wire, `${header}.${claims}.${genuine.split('.')[2] ?? ''}`, ALGORITHM);
  });

  it("is rejected if it was signed with Google's public key as an HMAC secret", async () => {
    await assertRefused(wire, wire.sandbox.mint(googleClaims(wire, 'reader'), { alg: 'HS256' }), ALGORITHM);
  });

  it("is rejected if it was signed with Google's key but with an algorithm other than RS256", async () => {
    await assertRefused(wire, wire.sandbox.mint(googleClaims(wire, 'reader'), { alg: 'RS512' }), ALGORITHM);
  });

  it('is rejected if kid is missing, empty or not a string', async () => {
    const unknown = { fault: 'token_key_unknown', says: /a key that .*issuer does not publish/ } as const;
    for (const kid of [undefined, null, 0, ''])
      await assertRefused(wire, wire.sandbox.mint(googleClaims(wire, 'reader'), { kid }), unknown);
  });

  it('is rejected if its header supplies its own key', async () => {
    const header = { jwk: { kty: 'RSA', e: 'AQAB', n: 'AQAB' }, jku: wire.sandbox.contract.control };
    await assertRefused(wire, wire.sandbox.mint(googleClaims(wire, 'reader'), header, 'foreign'), FORGED);
  });
});
