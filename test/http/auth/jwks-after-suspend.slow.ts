// A suspended VM's monotonic clock stands still. Keys that Google introduced during the suspension must work as soon as the VM
// resumes.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { asTimelessAccount, startClockedWire } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { googleClaims } from '../../support/google-claims.ts';
import { READABLE } from '../../support/refused-token.ts';
import { openToProject } from '../../support/sessions-at-sts.ts';
import { asBearer } from '../../support/token-headers.ts';
import { until } from '../../support/until.ts';

const TWO_HOURS = 2 * 3600;

describe('a bridge on a VM that was suspended for two hours', () => {
  let wire: ClockedWire;
  before(async () => {
    wire = await startClockedWire({ config: openToProject() });
    assert.equal((await wire.get(READABLE, { headers: asTimelessAccount(wire, 1) })).status, 200);
    // This token with an unknown key triggers a refetch. For the next 30 s, other unknown keys trigger none.
    const unknown = wire.sandbox.mint(googleClaims(wire, 'reader'), { kid: 'unknown' });
    assert.equal((await wire.get(READABLE, { headers: asBearer(unknown) })).status, 401);
    await wire.forgetCalls();
    await wire.passed(TWO_HOURS);
  });
  after(() => wire.close());

  it("refreshes Google's keys in the background on the first request", async () => {
    assert.equal((await wire.get(READABLE, { headers: asTimelessAccount(wire, 2) })).status, 200);
    await until('the keys are requested', async () => (await wire.calls('certs')).length === 1);
  });

  it('accepts a token signed with a new key', async () => {
    await wire.control('POST', '/keys', { action: 'rotate' });
    assert.equal((await wire.get(READABLE, { headers: asTimelessAccount(wire, 3) })).status, 200);
  });
});

describe('a bridge on a VM that was suspended before its first caller arrived', () => {
  let wire: ClockedWire;
  before(async () => {
    wire = await startClockedWire({ config: openToProject() });
    await until('the keys are fetched', async () => (await wire.calls('certs')).length === 1);
    await wire.forgetCalls();
    await wire.passed(TWO_HOURS);
  });
  after(() => wire.close());

  it('refreshes the keys on the first request, although it fetched them at startup', async () => {
    assert.equal((await wire.get(READABLE, { headers: asTimelessAccount(wire, 1) })).status, 200);
    await until('the keys are requested', async () => (await wire.calls('certs')).length === 1);
  });
});
