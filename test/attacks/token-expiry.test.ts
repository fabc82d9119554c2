// The bridge accepts a token until exactly one minute after its expiration. The bridge's clock is stopped, so that the test can
// check the exact second.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startClockedWire } from '../support/faked-clock.ts';
import type { ClockedWire } from '../support/faked-clock.ts';
import { googleClaims } from '../support/google-claims.ts';
import { READABLE } from '../support/refused-token.ts';
import { asBearer } from '../support/token-headers.ts';

describe('a token', () => {
  let wire: ClockedWire;
  /** The time on the bridge's stopped clock, in seconds since 1970. */
  let now: number;
  before(async () => {
    wire = await startClockedWire();
    await wire.setClocks({ wallStands: true });
    // Reads the stopped clock's time from a log line.
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

  it('is accepted for a minute after it expires, and not a second longer', async () => {
    assert.equal(await statusOf({ exp: now - 59 }), 200);
    assert.equal(await statusOf({ exp: now - 60 }), 401);
    assert.equal(await statusOf({ exp: now - 61 }), 401);
  });

  it('is accepted from one minute before its iat or nbf time, and no earlier', async () => {
    assert.equal(await statusOf({ iat: now + 60 }), 200);
    assert.equal(await statusOf({ iat: now + 62 }), 401);
    assert.equal(await statusOf({ nbf: now + 60 }), 200);
    assert.equal(await statusOf({ nbf: now + 62 }), 401);
  });

  it('is rejected if it expired 60.5 seconds ago, or if its expiry is negative', async () => {
    assert.equal(await statusOf({ exp: now - 60 - 0.5 }), 401);
    assert.equal(await statusOf({ exp: -1 }), 401);
    assert.equal(await statusOf({ exp: Number.MIN_SAFE_INTEGER }), 401);
  });
});
