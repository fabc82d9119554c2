// Tokens signed with a new Google key are accepted immediately, after one refetch. Tokens signed with the old key are accepted
// until Google removes that key.
import assert from 'node:assert/strict';
import { after, beforeEach, describe, it } from 'node:test';
import { googleClaims } from '../../support/google-claims.ts';
import { assertRefused, READABLE } from '../../support/refused-token.ts';
import { asBearer } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

describe('the bridge, after Google rotates its keys', () => {
  // Each test starts its own bridge, because unknown keys trigger only one refetch in 30 s.
  const wires: Wire[] = [];
  beforeEach(async () => {
    wires.push(await startWire());
  });
  after(() => Promise.all(wires.map((wire) => wire.close())));

  const statusOf = async (wire: Wire, token: string): Promise<number> =>
    (await wire.get(READABLE, { headers: asBearer(token) })).status;

  it('accepts tokens signed with the old or the new key, and refetches the keys once for concurrent requests', async () => {
    const wire = wires[0] ?? assert.fail();
    const old = wire.sandbox.mint(googleClaims(wire, 'reader'));
    const oldAndUnseen = wire.sandbox.mint(googleClaims(wire, 'reader', { jti: '1' }));
    assert.equal(await statusOf(wire, old), 200);
    await wire.control('POST', '/keys', { action: 'rotate' });
    const rotated = Array.from({ length: 20 }, (_, i) =>
      wire.sandbox.mint(googleClaims(wire, 'reader', { jti: `rotated-${i}` })),
    );
    assert.deepEqual(
      new Set(await Promise.all(rotated.map((token) => statusOf(wire, token)))),
      new Set([200]),
    );
    assert.equal((await wire.calls('certs')).length, 2);
    assert.equal(await statusOf(wire, old), 200);
    assert.equal(await statusOf(wire, oldAndUnseen), 200);
  });

  it('rejects a new token signed with a withdrawn key', async () => {
    const wire = wires[1] ?? assert.fail();
    assert.equal(await statusOf(wire, wire.sandbox.mint(googleClaims(wire, 'reader'))), 200);
    const unseen = wire.sandbox.mint(googleClaims(wire, 'reader', { jti: 'unseen' }));
    await wire.control('POST', '/keys', { action: 'replace' });
    assert.equal(await statusOf(wire, wire.sandbox.mint(googleClaims(wire, 'reader'))), 200);
    await assertRefused(wire, unseen, {
      fault: 'token_key_unknown',
      says: /a key that .*issuer does not publish/,
    });
  });
});
