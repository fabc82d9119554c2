// A token is valid only if its issuer is Google, in either of the two spellings that Google uses.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { googleClaims } from '../../support/google-claims.ts';
import { assertRefused, READABLE } from '../../support/refused-token.ts';
import { asBearer } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const ISSUER = {
  fault: 'token_issuer_invalid',
  says: /not issued by https:\/\/accounts\.google\.com/,
} as const;

describe("a token's issuer", () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire();
  });
  after(() => wire.close());

  const tokenFrom = (iss: unknown): string => wire.sandbox.mint(googleClaims(wire, 'reader', { iss }));

  for (const iss of ['https://accounts.google.com', 'accounts.google.com']) {
    it(`may be spelled ${iss}`, async () => {
      assert.equal((await wire.get(READABLE, { headers: asBearer(tokenFrom(iss)) })).status, 200);
    });
  }

  it('is rejected in any other spelling', async () => {
    const others = [
      'http://accounts.google.com',
      'https://accounts.google.com/',
      'https://accounts.google.com.evil.example',
      'https://securetoken.google.com/acme-prod',
      'https://cloud.google.com/iap',
      'ACCOUNTS.GOOGLE.COM',
      '',
      ['https://accounts.google.com'],
      undefined,
    ];
    for (const iss of others) await assertRefused(wire, tokenFrom(iss), ISSUER);
  });
});
