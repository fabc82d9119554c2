// However many tokens name a key that we do not know, Google is asked for its keys once more and then left alone.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startClockedWire, STOPPED, timeless } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { googleClaims } from '../../support/google-claims.ts';
import { assertRefused, READABLE } from '../../support/refused-token.ts';
import { asBearer } from '../../support/token-headers.ts';

const UNKNOWN = { fault: 'token_key_unknown', says: /a key that Google does not publish/ } as const;

describe('tokens of unknown keys', () => {
  let wire: ClockedWire;
  before(async () => {
    wire = await startClockedWire();
    // After half a minute they would be asked for again.
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

  it('make one refetch, all together', async () => {
    assert.equal(await statusOfKnownKey('reader'), 200);
    assert.equal(await fetches(), 1);
    const statuses = await askAll(Array.from({ length: 50 }, (_, i) => `unknown-${i}`));
    assert.deepEqual(new Set(statuses), new Set([401]));
    assert.equal(await fetches(), 2);
  });

  it('make none again soon after', async () => {
    await askAll(Array.from({ length: 50 }, (_, i) => `unknown-again-${i}`));
    await assertRefused(wire, ofUnknownKey('unknown-0'), UNKNOWN);
    assert.equal(await fetches(), 2);
  });

  it('do not hinder tokens of known keys', async () => {
    const asked = askAll(Array.from({ length: 20 }, (_, i) => `unknown-besides-${i}`));
    assert.equal(await statusOfKnownKey('scoped'), 200);
    await asked;
    assert.equal(await fetches(), 2);
  });
});
