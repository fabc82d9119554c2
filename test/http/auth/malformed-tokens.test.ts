// A malformed token gets a 401 with the reason, and does not affect other requests.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { googleClaims } from '../../support/google-claims.ts';
import { assertRefused, assertWithout, READABLE } from '../../support/refused-token.ts';
import { asBearer } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const MALFORMED = { fault: 'token_malformed', says: /is not a JSON Web Token/ } as const;
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a token', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire();
  });
  after(() => wire.close());

  it('is rejected if it is not a JSON Web Token', async () => {
    const header = encode({ alg: 'RS256', kid: 'any' });
    const texts = [
      'correct-horse-battery-staple',
      'ya29.a0AfB_byC-an-access-token-of-googles-which-is-opaque-0123456789',
      '....................',
      'not a.token of.three'.replaceAll(' ', '~'),
      `${encode('a text for a header')}.${encode({})}.c2lnbmF0dXJlLW9mLW5vdGhpbmc`,
      `${header}.${encode({})}`,
      `${header}.${encode({})}.c2lnbmF0dXJlLW9mLW5vdGhpbmc.fourth.fifth`,
      'constructor.__proto__.hasOwnProperty',
    ];
    for (const text of texts) await assertRefused(wire, text, MALFORMED);
  });

  it('is rejected if it is longer than 8192 characters', async () => {
    const tooLarge = { fault: 'token_too_large', says: /longer than 8192 characters/ } as const;
    await assertRefused(wire, 'x'.repeat(8193), tooLarge);
    const padding = 'p'.repeat(7000);
    await assertRefused(wire, wire.sandbox.mint(googleClaims(wire, 'reader', { padding })), tooLarge);
  });

  it('is accepted if it is genuine and just under 8192 characters long', async () => {
    const token = wire.sandbox.mint(googleClaims(wire, 'reader', { padding: 'p'.repeat(5200) }));
    assert.ok(token.length > 7500 && token.length <= 8192, String(token.length));
    assert.equal((await wire.get(READABLE, { headers: asBearer(token) })).status, 200);
  });

  it('is rejected with 431 if it exceeds the size limit for request headers', async () => {
    const huge = 'x'.repeat(30_000);
    assert.equal((await wire.get(READABLE, { headers: asBearer(huge) })).status, 431);
    assertWithout(huge, wire.bridge.output());
    assert.equal((await wire.get(READABLE, { as: 'reader' })).status, 200);
  });
});
