// While Google's certificate endpoint is down, known keys keep working, and a token that could not be verified
// is not reported as forged.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startClockedWire, STOPPED, timeless } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { googleClaims } from '../../support/google-claims.ts';
import type { Reply } from '../../support/http-request.ts';
import { assertLogged, assertRefused, READABLE } from '../../support/refused-token.ts';
import { asBearer } from '../../support/token-headers.ts';

describe("the bridge, during an outage of Google's certificate endpoint", () => {
  let wire: ClockedWire;
  let remembered: string;
  before(async () => {
    wire = await startClockedWire();
    // Stops the clock, because otherwise the bridge would request the keys again after a second.
    await wire.setClocks(STOPPED);
    remembered = tokenOf('reader');
    assert.equal((await wire.get(READABLE, { headers: asBearer(remembered) })).status, 200);
    await wire.fault({ upstream: 'certs', fault: 'status', status: 503 });
    await wire.forgetCalls();
  });
  after(() => wire.close());

  const tokenOf = (caller: 'reader' | 'scoped', claims: Readonly<Record<string, unknown>> = {}): string =>
    wire.sandbox.mint(googleClaims(wire, caller, { ...timeless(), ...claims }));
  const ask = (token: string): Promise<Reply> => wire.get(READABLE, { headers: asBearer(token) });

  it('still accepts a cached token', async () => {
    assert.equal((await ask(remembered)).status, 200);
  });

  it('accepts a new token signed with a known key', async () => {
    assert.equal((await ask(tokenOf('scoped'))).status, 200);
    assert.deepEqual(await wire.calls('certs'), []);
  });

  it('rejects a forged token that names a known key', async () => {
    await assertRefused(wire, wire.sandbox.mint(googleClaims(wire, 'reader', timeless()), {}, 'foreign'), {
      fault: 'token_signature_invalid',
      says: /signature does not match/,
    });
  });

  it('returns 503 for tokens signed with a new key, with only one key fetch and one log line', async () => {
    await wire.control('POST', '/keys', { action: 'rotate' });
    const rotated = Array.from({ length: 20 }, (_, i) => tokenOf('reader', { jti: String(i) }));
    for (const reply of [...(await Promise.all(rotated.map(ask))), await ask(rotated[0] ?? '')]) {
      assert.equal(reply.status, 503, reply.text);
      assert.equal(reply.headers['x-fedbridge-error'], 'upstream_failed');
      assert.ok(Number(reply.headers['retry-after']) >= 1);
      await assertLogged(wire, reply, 'signing_keys_unavailable');
    }
    assert.equal((await wire.calls('certs')).length, 1);
    const told = wire.bridge.lines.filter(({ message }) =>
      String(message).includes('known keys stay in use'),
    );
    assert.equal(told.length, 1);
    assert.equal(told[0]?.['fault'], 'signing_keys_unavailable');
  });

  it('still accepts a cached token after a failed key fetch', async () => {
    assert.equal((await ask(remembered)).status, 200);
  });
});
