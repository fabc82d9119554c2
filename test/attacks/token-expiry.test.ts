// By a clock that stands still: a token counts to the last second of its minute of grace, and not in the one after.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startClockedWire } from '../support/faked-clock.ts';
import type { ClockedWire } from '../support/faked-clock.ts';
import { googleClaims } from '../support/google-claims.ts';
import { READABLE } from '../support/refused-token.ts';
import { asBearer } from '../support/token-headers.ts';

describe('by a clock that stands still a token', () => {
  let wire: ClockedWire;
  /** Seconds since 1970 by the bridge's clock, found out by what it takes. */
  let now: number;
  before(async () => {
    wire = await startClockedWire();
    await wire.setClocks({ wallStands: true });
    // The log's next line is written at the time at which the clock stands.
    const { headers } = await wire.get('/acme-lake/x');
    const line = await wire.bridge.line(({ requestId }) => requestId === headers['x-request-id']);
    now = Math.floor(Date.parse(String(line['time'])) / 1000);
  });
  after(() => wire.close());

  const statusOf = async (changes: Readonly<Record<string, number>>): Promise<number> => {
    const claims = { iat: now - 600, exp: now + 600, ...changes };
    const token = wire.sandbox.mint(googleClaims(wire, 'reader', claims));
    return (await wire.get(READABLE, { headers: asBearer(token) })).status;
  };

  it('counts a minute beyond its end, and not a second more', async () => {
    assert.equal(await statusOf({ exp: now - 59 }), 200);
    assert.equal(await statusOf({ exp: now - 60 }), 401);
    assert.equal(await statusOf({ exp: now - 61 }), 401);
  });

  it('counts from a minute before it was issued', async () => {
    assert.equal(await statusOf({ iat: now + 60 }), 200);
    assert.equal(await statusOf({ iat: now + 62 }), 401);
    assert.equal(await statusOf({ nbf: now + 60 }), 200);
    assert.equal(await statusOf({ nbf: now + 62 }), 401);
  });

  it('that ends at no whole second, or in no time, ends no later', async () => {
    assert.equal(await statusOf({ exp: now - 60 - 0.5 }), 401);
    assert.equal(await statusOf({ exp: -1 }), 401);
    assert.equal(await statusOf({ exp: Number.MIN_SAFE_INTEGER }), 401);
  });
});
