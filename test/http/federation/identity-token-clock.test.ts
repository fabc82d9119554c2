// Neither a token with little life left nor a clock that is wrong makes the bridge fetch in a loop, or fail where STS would not.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import {
  asAccount,
  identityTokensAsked,
  openToProject,
  READABLE,
  sessionsAtSts,
} from '../../support/sessions-at-sts.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

/** So long that credentials outlive every shift of a clock here: this is about the token. */
const CREDENTIALS_SECONDS = 43_200;
const HOUR_AND_A_BIT = 3_700;

async function start(test: TestContext): Promise<Wire> {
  const wire = await startWire({ config: openToProject() });
  test.after(() => wire.close());
  await wire.control('PUT', '/durations', { credentials: CREDENTIALS_SECONDS });
  return wire;
}

/** Google and STS agree on the time; our clock is `seconds` ahead of theirs. S3, which would refuse our signatures, is left out. */
const shiftOurClock = async (wire: Wire, seconds: number): Promise<void> => {
  for (const supplier of ['metadata', 'sts'])
    await wire.control('PUT', '/clock', { offsetSeconds: -seconds, supplier });
  await wire.control('PUT', '/durations', { credentials: CREDENTIALS_SECONDS });
};

/** What `count` new callers cost. */
async function costOf(wire: Wire, first: number, count: number): Promise<{ sts: number; tokens: number }> {
  await wire.forgetCalls();
  for (let n = first; n < first + count; n += 1)
    assert.equal((await wire.get(READABLE, { headers: asAccount(wire, n) })).status, 200);
  return { sts: (await sessionsAtSts(wire)).length, tokens: await identityTokensAsked(wire) };
}

/** STS refuses the held token once, so that another takes its place. */
const refuseHeld = (wire: Wire): Promise<void> =>
  wire.fault({ supplier: 'sts', fault: 'error', code: 'InvalidIdentityToken', times: 1 });

describe('an identity token', () => {
  it('with two minutes left is held for one of them', async (test) => {
    const wire = await start(test);
    await wire.control('PUT', '/durations', { identityToken: 120 });
    await refuseHeld(wire);
    assert.deepEqual(await costOf(wire, 1, 1), { sts: 2, tokens: 1 });
    assert.deepEqual(await costOf(wire, 2, 5), { sts: 5, tokens: 0 });
  });

  it('that has expired by our clock is used, and fetched once a call', async (test) => {
    const wire = await start(test);
    await shiftOurClock(wire, HOUR_AND_A_BIT);
    await refuseHeld(wire);
    assert.deepEqual(await costOf(wire, 1, 1), { sts: 2, tokens: 1 });
    assert.deepEqual(await costOf(wire, 2, 5), { sts: 5, tokens: 5 });
  });

  it('that has expired, though not by our clock, is replaced when STS says so', async (test) => {
    const wire = await start(test);
    await costOf(wire, 1, 1);
    await shiftOurClock(wire, -HOUR_AND_A_BIT);
    assert.deepEqual(await costOf(wire, 2, 1), { sts: 2, tokens: 1 });
    assert.deepEqual(await costOf(wire, 3, 5), { sts: 5, tokens: 0 });
  });
});
