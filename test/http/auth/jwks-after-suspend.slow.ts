// While a virtual machine is suspended its steady clock stands still: what Google signs with by then counts as soon as it wakes.
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

describe('a machine that was suspended for two hours', () => {
  let wire: ClockedWire;
  before(async () => {
    wire = await startClockedWire({ config: openToProject() });
    assert.equal((await wire.get(READABLE, { headers: asTimelessAccount(wire, 1) })).status, 200);
    // From now on an unknown key is not asked for, for half a minute.
    const unknown = wire.sandbox.mint(googleClaims(wire, 'reader'), { kid: 'unknown' });
    assert.equal((await wire.get(READABLE, { headers: asBearer(unknown) })).status, 401);
    await wire.forgetCalls();
    await wire.passed(TWO_HOURS);
  });
  after(() => wire.close());

  it('refreshes the keys that it has behind the first request', async () => {
    assert.equal((await wire.get(READABLE, { headers: asTimelessAccount(wire, 2) })).status, 200);
    await until('the keys are asked for', async () => (await wire.calls('certs')).length === 1);
  });

  it('takes the token of a key that is new since', async () => {
    await wire.control('POST', '/keys', { action: 'rotate' });
    assert.equal((await wire.get(READABLE, { headers: asTimelessAccount(wire, 3) })).status, 200);
  });
});

describe('a machine that was suspended for two hours before its first caller came', () => {
  let wire: ClockedWire;
  before(async () => {
    wire = await startClockedWire({ config: openToProject() });
    await until('the keys are fetched', async () => (await wire.calls('certs')).length === 1);
    await wire.forgetCalls();
    await wire.passed(TWO_HOURS);
  });
  after(() => wire.close());

  it('refreshes the keys that it has fetched at its start', async () => {
    assert.equal((await wire.get(READABLE, { headers: asTimelessAccount(wire, 1) })).status, 200);
    await until('the keys are asked for', async () => (await wire.calls('certs')).length === 1);
  });
});
