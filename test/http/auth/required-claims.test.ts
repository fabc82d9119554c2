// A token must have sub, iat and exp, each of the type that Google uses.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { googleClaims } from '../../support/google-claims.ts';
import { assertRefused, READABLE } from '../../support/refused-token.ts';
import { asBearer } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const CLAIMS = { fault: 'token_claims_invalid', says: /lacks a required claim/ } as const;
const LATER = Math.floor(Date.now() / 1000) + 600;

describe('the bridge', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire();
    const whole = wire.sandbox.mint(googleClaims(wire, 'reader'));
    assert.equal((await wire.get(READABLE, { headers: asBearer(whole) })).status, 200);
  });
  after(() => wire.close());

  for (const [what, changes] of [
    ['without sub', { sub: undefined }],
    ['without exp', { exp: undefined }],
    ['without iat', { iat: undefined }],
    ['with an empty sub', { sub: '' }],
    ['with a sub that is a number', { sub: 1120104 }],
    ['with a sub that is a list', { sub: ['112010400000000710080'] }],
    ['with a sub that is null', { sub: null }],
    ['with an exp that is a string', { exp: String(LATER) }],
    ['with an exp that is null', { exp: null }],
    ['with an iat that is a string', { iat: '0' }],
  ] as const) {
    it(`rejects a token with a missing or invalid claim (${what})`, async () => {
      await assertRefused(wire, wire.sandbox.mint(googleClaims(wire, 'reader', changes)), CLAIMS);
    });
  }
});
