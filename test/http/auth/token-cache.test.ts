// A valid token's signature is verified once. Rejections are never cached, so an invalid token is verified each time.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { googleClaims } from '../../support/google-claims.ts';
import { startMeasuredWire } from '../../support/metrics.ts';
import type { MeasuredWire } from '../../support/metrics.ts';
import { READABLE } from '../../support/refused-token.ts';
import { asBearer, asS3Client } from '../../support/token-headers.ts';

describe('the token cache', () => {
  let wire: MeasuredWire;
  before(async () => {
    wire = await startMeasuredWire();
  });
  after(() => wire.close());

  const outcomes = async (outcome: string): Promise<number> =>
    wire.metric(`fedbridge_caller_tokens_total{outcome="${outcome}"}`);

  it('recognizes a verified token, regardless of the header that contains it', async () => {
    const token = await wire.token('reader');
    assert.equal((await wire.get(READABLE, { headers: asBearer(token) })).status, 200);
    assert.deepEqual([await outcomes('verified'), await outcomes('cached')], [1, 0]);
    assert.equal((await wire.get(READABLE, { headers: asBearer(token) })).status, 200);
    assert.equal((await wire.get(READABLE, { headers: asS3Client(token) })).status, 200);
    assert.equal((await wire.get('/-/whoami', { headers: asBearer(token) })).status, 200);
    assert.deepEqual([await outcomes('verified'), await outcomes('cached')], [1, 3]);
  });

  it('is keyed by token, not by caller', async () => {
    const token = wire.sandbox.mint(googleClaims(wire, 'reader', { jti: 'another of the same caller' }));
    assert.equal((await wire.get(READABLE, { headers: asBearer(token) })).status, 200);
    assert.deepEqual([await outcomes('verified'), await outcomes('cached')], [2, 3]);
  });

  it('also holds valid tokens of callers without grants, whose requests are still denied', async () => {
    for (let i = 0; i < 3; i++) assert.equal((await wire.get(READABLE, { as: 'stranger' })).status, 403);
    assert.deepEqual([await outcomes('verified'), await outcomes('cached')], [3, 5]);
  });

  it('does not hold rejected tokens', async () => {
    const forged = wire.sandbox.mint(googleClaims(wire, 'reader'), {}, 'foreign');
    for (let i = 1; i <= 3; i++) {
      assert.equal((await wire.get(READABLE, { headers: asBearer(forged) })).status, 401);
      assert.equal(await outcomes('token_signature_invalid'), i);
    }
    assert.deepEqual([await outcomes('verified'), await outcomes('cached')], [3, 5]);
  });

  it('verifies a token once for many concurrent requests', async () => {
    const headers = asBearer(wire.sandbox.mint(googleClaims(wire, 'reader', { jti: 'many at once' })));
    const replies = await Promise.all(Array.from({ length: 30 }, () => wire.get(READABLE, { headers })));
    assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]));
    assert.equal(await outcomes('verified'), 4);
  });

  it('counts a request without a token as token_missing in its metric', async () => {
    await wire.get(READABLE);
    assert.equal(await outcomes('token_missing'), 1);
  });
});
