// A token counts from when it was issued until it expires; clocks may differ by a minute and by no more.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { googleClaims, inSeconds } from './google-claims.ts';
import { assertLogged, assertRefused, READABLE } from './refused-token.ts';
import { asBearer } from './token-headers.ts';
import { startWire } from './wire.ts';
import type { Wire } from './wire.ts';

const EXPIRED = {
  fault: 'token_expired',
  says: /has expired\. Fetch a new one/,
  toS3Client: [400, 'ExpiredToken'],
} as const;
const NOT_YET = { fault: 'token_not_yet_valid', says: /not valid yet/ } as const;

describe('a token', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire();
  });
  after(() => wire.close());

  const tokenOf = (changes: Readonly<Record<string, unknown>>): string =>
    wire.sandbox.mint(googleClaims(wire, 'reader', changes));
  const assertAccepted = async (token: string): Promise<void> => {
    const reply = await wire.get(READABLE, { headers: asBearer(token) });
    assert.equal(reply.status, 200, reply.text);
  };

  it('that expired half a minute ago still counts', async () => {
    await assertAccepted(tokenOf({ iat: inSeconds(-3630), exp: inSeconds(-30) }));
  });

  it('that expired more than a minute ago has expired', async () => {
    await assertRefused(wire, tokenOf({ iat: inSeconds(-3661), exp: inSeconds(-61) }), EXPIRED);
    await assertRefused(wire, tokenOf({ iat: 1, exp: 3601 }), EXPIRED);
    await assertRefused(wire, tokenOf({ exp: 0 }), EXPIRED);
  });

  it('from half a minute ahead counts already', async () => {
    await assertAccepted(tokenOf({ iat: inSeconds(30), exp: inSeconds(3630) }));
  });

  it('from further ahead is not valid yet', async () => {
    await assertRefused(wire, tokenOf({ iat: inSeconds(90), exp: inSeconds(3690) }), NOT_YET);
    await assertRefused(wire, tokenOf({ nbf: inSeconds(90) }), NOT_YET);
  });

  it('that has expired tells the operator when', async () => {
    const exp = inSeconds(-600);
    const reply = await wire.get(READABLE, { headers: asBearer(tokenOf({ exp })) });
    const { cause } = await assertLogged(wire, reply, 'token_expired');
    assert.equal((cause as { exp?: string }).exp, String(exp));
  });
});
