// Caching does not extend a token's life: an expired token is verified again, and is rejected one minute after its expiration.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startClockedWire } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { googleClaims, inSeconds } from '../../support/google-claims.ts';
import { assertRefused, READABLE } from '../../support/refused-token.ts';
import { asBearer } from '../../support/token-headers.ts';

/** The clock skew that the bridge tolerates. */
const TOLERANCE_MS = 60_000;

describe('a cached token', () => {
  let wire: ClockedWire;
  before(async () => {
    wire = await startClockedWire();
  });
  after(() => wire.close());

  it('is verified again when it expires, and is rejected one minute later', async () => {
    const exp = inSeconds(300);
    const token = wire.sandbox.mint(googleClaims(wire, 'reader', { exp }));
    const ask = async (): Promise<number> => (await wire.get(READABLE, { headers: asBearer(token) })).status;
    const outcomes = async (): Promise<readonly number[]> => [
      await wire.metric('fedbridge_caller_tokens_total{outcome="verified"}'),
      await wire.metric('fedbridge_caller_tokens_total{outcome="cached"}'),
    ];
    assert.deepEqual([await ask(), await ask()], [200, 200]);
    assert.deepEqual(await outcomes(), [1, 1]);
    await wire.setClocks({ wallAt: exp * 1000 - 1 });
    assert.equal(await ask(), 200);
    assert.deepEqual(await outcomes(), [1, 2]);

    await wire.setClocks({ wallAt: exp * 1000 });
    assert.equal(await ask(), 200, 'clocks may differ by a minute');
    assert.deepEqual(await outcomes(), [2, 2]);

    await wire.setClocks({ wallAt: exp * 1000 + TOLERANCE_MS });
    await assertRefused(wire, token, {
      fault: 'token_expired',
      says: /has expired/,
      toS3Client: [400, 'ExpiredToken'],
    });
  });
});
