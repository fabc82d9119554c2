// If a token is about to expire or a clock is wrong, the bridge neither fetches tokens in a loop nor rejects a token that STS
// accepts.
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

/** A lifetime longer than every clock shift in this file, so that only identity tokens expire, never credentials. */
const CREDENTIALS_SECONDS = 43_200;
const HOUR_AND_A_BIT = 3_700;

async function start(test: TestContext): Promise<Wire> {
  const wire = await startWire({ config: openToProject() });
  test.after(() => wire.close());
  await wire.control('PUT', '/durations', { credentials: CREDENTIALS_SECONDS });
  return wire;
}

/**
 * Sets the bridge's clock `seconds` ahead of Google's and STS's clocks. S3's clock stays equal to the bridge's, because S3
 * rejects skewed signatures.
 */
const shiftBridgeClock = async (wire: Wire, seconds: number): Promise<void> => {
  for (const upstream of ['metadata', 'sts'])
    await wire.control('PUT', '/clock', { offsetSeconds: -seconds, upstream });
  await wire.control('PUT', '/durations', { credentials: CREDENTIALS_SECONDS });
};

/** Serves `count` new callers. @returns the numbers of STS calls and identity tokens that these callers required */
async function costOf(wire: Wire, first: number, count: number): Promise<{ sts: number; tokens: number }> {
  await wire.forgetCalls();
  for (let n = first; n < first + count; n += 1)
    assert.equal((await wire.get(READABLE, { headers: asAccount(wire, n) })).status, 200);
  return { sts: (await sessionsAtSts(wire)).length, tokens: await identityTokensAsked(wire) };
}

/** Makes STS reject the cached token once, so that the bridge replaces it. */
const rejectCached = (wire: Wire): Promise<void> =>
  wire.fault({ upstream: 'sts', fault: 'error', code: 'InvalidIdentityToken', times: 1 });

describe('an identity token', () => {
  it('with two minutes of validity left is cached for one minute', async (test) => {
    const wire = await start(test);
    await wire.control('PUT', '/durations', { identityToken: 120 });
    await rejectCached(wire);
    assert.deepEqual(await costOf(wire, 1, 1), { sts: 2, tokens: 1 });
    assert.deepEqual(await costOf(wire, 2, 5), { sts: 5, tokens: 0 });
  });

  it("that has expired according to the bridge's clock is still used, and a new one is fetched for each STS call", async (test) => {
    const wire = await start(test);
    await shiftBridgeClock(wire, HOUR_AND_A_BIT);
    await rejectCached(wire);
    assert.deepEqual(await costOf(wire, 1, 1), { sts: 2, tokens: 1 });
    assert.deepEqual(await costOf(wire, 2, 5), { sts: 5, tokens: 5 });
  });

  it("that is still valid only according to the bridge's clock is replaced when STS rejects it", async (test) => {
    const wire = await start(test);
    await costOf(wire, 1, 1);
    await shiftBridgeClock(wire, -HOUR_AND_A_BIT);
    assert.deepEqual(await costOf(wire, 2, 1), { sts: 2, tokens: 1 });
    assert.deepEqual(await costOf(wire, 3, 5), { sts: 5, tokens: 0 });
  });
});
