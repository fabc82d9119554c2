// However many tokens name a key that we do not know, Google is asked for its keys once more and then left alone.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { googleClaims } from './google-claims.ts';
import { assertRefused, READABLE } from './refused-token.ts';
import { asBearer } from './token-headers.ts';
import { startWire } from './wire.ts';
import type { Wire } from './wire.ts';

const UNKNOWN = { fault: 'token_key_unknown', says: /a key that Google does not publish/ } as const;

describe('tokens of unknown keys', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire();
  });
  after(() => wire.close());

  const fetches = async (): Promise<number> => (await wire.calls('certs')).length;
  const ofUnknownKey = (kid: string): string => wire.sandbox.mint(googleClaims(wire, 'reader'), { kid });
  const askAll = (kids: readonly string[]): Promise<readonly number[]> =>
    Promise.all(
      kids.map(async (kid) => (await wire.get(READABLE, { headers: asBearer(ofUnknownKey(kid)) })).status),
    );

  it('make one refetch, all together', async () => {
    assert.equal((await wire.get(READABLE, { as: 'reader' })).status, 200);
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
    assert.equal((await wire.get(READABLE, { as: 'scoped' })).status, 200);
    await asked;
    assert.equal(await fetches(), 2);
  });
});
