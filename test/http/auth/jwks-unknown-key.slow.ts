// However many tokens name unknown keys, the bridge refetches Google's keys only once in 30 s.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startClockedWire, STOPPED, timeless } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { googleClaims } from '../../support/google-claims.ts';
import { assertRefused, READABLE } from '../../support/refused-token.ts';
import { asBearer } from '../../support/token-headers.ts';

const UNKNOWN = { fault: 'token_key_unknown', says: /a key that .*issuer does not publish/ } as const;

describe('tokens signed with unknown keys', () => {
  let wire: ClockedWire;
  before(async () => {
    wire = await startClockedWire();
    // Stops the clock, because otherwise unknown keys could trigger a second refetch after 30 s.
    await wire.setClocks(STOPPED);
  });
  after(() => wire.close());

  const fetches = async (): Promise<number> => (await wire.calls('certs')).length;
  const ofUnknownKey = (kid: string): string =>
    wire.sandbox.mint(googleClaims(wire, 'reader', timeless()), { kid });
  const statusOfKnownKey = async (caller: 'reader' | 'scoped'): Promise<number> => {
    const token = wire.sandbox.mint(googleClaims(wire, caller, timeless()));
    return (await wire.get(READABLE, { headers: asBearer(token) })).status;
  };
  const askAll = (kids: readonly string[]): Promise<readonly number[]> =>
    Promise.all(
      kids.map(async (kid) => (await wire.get(READABLE, { headers: asBearer(ofUnknownKey(kid)) })).status),
    );

  it('trigger a single refetch', async () => {
    assert.equal(await statusOfKnownKey('reader'), 200);
    assert.equal(await fetches(), 1);
    const statuses = await askAll(Array.from({ length: 50 }, (_, i) => `unknown-${i}`));
    assert.deepEqual(new Set(statuses), new Set([401]));
    assert.equal(await fetches(), 2);
  });

  it('do not trigger another refetch soon after the first', async () => {
    await askAll(Array.from({ length: 50 }, (_, i) => `unknown-again-${i}`));
    await assertRefused(wire, ofUnknownKey('unknown-0'), UNKNOWN);
    assert.equal(await fetches(), 2);
  });

  it('do not delay or block tokens signed with known keys', async () => {
    const asked = askAll(Array.from({ length: 20 }, (_, i) => `unknown-besides-${i}`));
    assert.equal(await statusOfKnownKey('scoped'), 200);
    await asked;
    assert.equal(await fetches(), 2);
  });
});
