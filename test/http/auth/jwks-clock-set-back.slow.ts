// How often Google is asked for its keys is measured, not read off the wall clock: one that is set back hides no new key.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { asTimelessAccount, startClockedWire } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { googleClaims } from '../../support/google-claims.ts';
import { READABLE } from '../../support/refused-token.ts';
import { openToProject } from '../../support/sessions-at-sts.ts';
import { asBearer } from '../../support/token-headers.ts';

const TWO_HOURS = 2 * 3600;
/** Longer than an unknown key keeps another from being asked for. */
const A_WHILE_MS = 31_000;

describe('after a token of an unknown key, and a wall clock that was set back', () => {
  let wire: ClockedWire;
  before(async () => {
    wire = await startClockedWire({ config: openToProject() });
    assert.equal((await wire.get(READABLE, { headers: asTimelessAccount(wire, 1) })).status, 200);
    const unknown = wire.sandbox.mint(googleClaims(wire, 'reader'), { kid: 'unknown' });
    assert.equal((await wire.get(READABLE, { headers: asBearer(unknown) })).status, 401);
    // S3 refuses what is signed a quarter of an hour off: its clock goes along.
    await wire.control('PUT', '/clock', { supplier: 's3', offsetSeconds: -TWO_HOURS });
    await wire.control('POST', '/keys', { action: 'rotate' });
  });
  after(() => wire.close());

  it("tokens of Google's new key are valid as soon as on any other day", async () => {
    await wire.setClocks({ wallAheadMs: -TWO_HOURS * 1000, steadyAheadMs: A_WHILE_MS });
    assert.equal((await wire.get(READABLE, { headers: asTimelessAccount(wire, 2) })).status, 200);
  });
});
