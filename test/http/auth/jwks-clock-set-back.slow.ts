// The interval between key fetches is measured with the monotonic clock, so setting the wall clock back does not delay a
// refetch.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { asTimelessAccount, startClockedWire } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { googleClaims } from '../../support/google-claims.ts';
import { READABLE } from '../../support/refused-token.ts';
import { openToProject } from '../../support/sessions-at-sts.ts';
import { asBearer } from '../../support/token-headers.ts';

const TWO_HOURS = 2 * 3600;
/** A time longer than the 30 s during which unknown keys trigger only one refetch. */
const A_WHILE_MS = 31_000;

describe('a bridge whose wall clock was set back by two hours', () => {
  let wire: ClockedWire;
  before(async () => {
    wire = await startClockedWire({ config: openToProject() });
    assert.equal((await wire.get(READABLE, { headers: asTimelessAccount(wire, 1) })).status, 200);
    const unknown = wire.sandbox.mint(googleClaims(wire, 'reader'), { kid: 'unknown' });
    assert.equal((await wire.get(READABLE, { headers: asBearer(unknown) })).status, 401);
    // S3 rejects signatures that are more than 15 minutes off, so S3's clock is set back as well.
    await wire.control('PUT', '/clock', { upstream: 's3', offsetSeconds: -TWO_HOURS });
    await wire.control('POST', '/keys', { action: 'rotate' });
  });
  after(() => wire.close());

  it("accepts a token signed with Google's new key without extra delay", async () => {
    await wire.setClocks({ wallAheadMs: -TWO_HOURS * 1000, steadyAheadMs: A_WHILE_MS });
    assert.equal((await wire.get(READABLE, { headers: asTimelessAccount(wire, 2) })).status, 200);
  });
});
