// Being remembered prolongs no token's life: once it has expired it is checked anew, and refused a minute later.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { googleClaims, inSeconds } from './google-claims.ts';
import { startMeasuredWire } from './metrics.ts';
import type { MeasuredWire } from './metrics.ts';
import { assertRefused, READABLE } from './refused-token.ts';
import { asBearer } from './token-headers.ts';

/** What clocks may differ by. */
const TOLERANCE_SECONDS = 60;

describe('a remembered token', () => {
  let wire: MeasuredWire;
  before(async () => {
    wire = await startMeasuredWire();
    await wire.control('PUT', '/durations', { identityToken: 3 });
  });
  after(() => wire.close());

  it('is checked anew when it has expired, and refused in the end', async () => {
    const token = await wire.token('reader');
    const expiresAt = expiryOf(token);
    const endsSoon = wire.sandbox.mint(
      googleClaims(wire, 'scoped', { iat: inSeconds(-600), exp: inSeconds(4 - TOLERANCE_SECONDS) }),
    );
    const ask = async (one: string): Promise<number> =>
      (await wire.get(READABLE, { headers: asBearer(one) })).status;
    const outcomes = async (): Promise<readonly number[]> => [
      await wire.metric('fedbridge_caller_tokens_total{outcome="verified"}'),
      await wire.metric('fedbridge_caller_tokens_total{outcome="cached"}'),
    ];
    assert.deepEqual([await ask(token), await ask(token), await ask(endsSoon)], [200, 200, 200]);
    assert.ok(Date.now() < expiresAt, 'this machine is too slow for this test');
    assert.deepEqual(await outcomes(), [2, 1]);

    await sleep(expiresAt - Date.now() + 50);
    assert.equal(await ask(token), 200, 'clocks may differ by a minute');
    assert.deepEqual(await outcomes(), [3, 1]);

    await sleep(expiryOf(endsSoon) + TOLERANCE_SECONDS * 1000 - Date.now() + 50);
    await assertRefused(wire, endsSoon, {
      fault: 'token_expired',
      says: /has expired/,
      toS3Client: [400, 'ExpiredToken'],
    });
  });
});

function expiryOf(token: string): number {
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
    exp: number;
  };
  return claims.exp * 1000;
}
