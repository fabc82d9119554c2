// A token is valid from the time it is issued until it expires, with a clock tolerance of one minute.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startClockedWire } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { googleClaims, inSeconds } from '../../support/google-claims.ts';
import { assertLogged, assertRefused, READABLE } from '../../support/refused-token.ts';
import { asBearer } from '../../support/token-headers.ts';

const EXPIRED = {
  fault: 'token_expired',
  says: /has expired\. Fetch a new one/,
  toS3Client: [400, 'ExpiredToken'],
} as const;
const NOT_YET = { fault: 'token_not_yet_valid', says: /not valid yet/ } as const;

describe('the bridge', () => {
  let wire: ClockedWire;
  /** The time at which the bridge's clock is stopped, in seconds since 1970. */
  const now = inSeconds(0);
  before(async () => {
    wire = await startClockedWire();
    await wire.setClocks({ wallAt: now * 1000 });
  });
  after(() => wire.close());

  const tokenOf = (changes: Readonly<Record<string, unknown>>): string =>
    wire.sandbox.mint(googleClaims(wire, 'reader', changes));
  const assertAccepted = async (token: string): Promise<void> => {
    const reply = await wire.get(READABLE, { headers: asBearer(token) });
    assert.equal(reply.status, 200, reply.text);
  };

  it('accepts a token that expired less than a minute ago', async () => {
    await assertAccepted(tokenOf({ iat: now - 3659, exp: now - 59 }));
  });

  it('rejects a token that expired a minute or more ago', async () => {
    await assertRefused(wire, tokenOf({ iat: now - 3660, exp: now - 60 }), EXPIRED);
    await assertRefused(wire, tokenOf({ iat: 1, exp: 3601 }), EXPIRED);
    await assertRefused(wire, tokenOf({ exp: 0 }), EXPIRED);
  });

  it('accepts a token issued one minute in the future', async () => {
    await assertAccepted(tokenOf({ iat: now + 60, exp: now + 3660 }));
  });

  it('rejects a token issued more than one minute in the future', async () => {
    await assertRefused(wire, tokenOf({ iat: now + 61, exp: now + 3661 }), NOT_YET);
    await assertRefused(wire, tokenOf({ nbf: now + 61 }), NOT_YET);
  });

  it('logs the expiry time of an expired token', async () => {
    const exp = now - 600;
    const reply = await wire.get(READABLE, { headers: asBearer(tokenOf({ exp })) });
    const { cause } = await assertLogged(wire, reply, 'token_expired');
    assert.equal((cause as { exp?: string }).exp, String(exp));
  });
});
