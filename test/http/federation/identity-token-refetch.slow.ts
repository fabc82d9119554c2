// If STS rejects the bridge's identity token, the bridge fetches a new one and retries, so callers do not see transient errors.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { asTimelessAccount, startClockedWire, STOPPED } from '../../support/faked-clock.ts';
import {
  asAccount,
  identityTokensAsked,
  openToProject,
  READABLE,
  sessionsAtSts,
} from '../../support/sessions-at-sts.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

describe('an identity token that STS rejects', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({ config: openToProject() });
  });
  after(() => wire.close());

  let account = 0;
  const requestAsNewCaller = async (): Promise<{
    status: number;
    fault: unknown;
    sts: number;
    tokens: number;
  }> => {
    account += 1;
    await wire.forgetCalls();
    const reply = await wire.get(READABLE, { headers: asAccount(wire, account) });
    const line = await wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);
    return {
      status: reply.status,
      fault: line['fault'],
      sts: (await sessionsAtSts(wire)).length,
      tokens: await identityTokensAsked(wire),
    };
  };

  for (const [code, fault, most] of [
    // STS also uses InvalidIdentityToken for "Couldn't retrieve verification key", which is transient.
    ['InvalidIdentityToken', 'sts_token_invalid', 3],
    ['ExpiredTokenException', 'sts_token_expired', 2],
    ['IDPRejectedClaim', 'sts_claim_rejected', 2],
  ] as const) {
    it(`is replaced after one ${code}, and the caller is served`, async () => {
      await wire.fault({ upstream: 'sts', fault: 'error', code, times: 1 });
      assert.deepEqual(await requestAsNewCaller(), { status: 200, fault: undefined, sts: 2, tokens: 1 });
    });

    it(`causes a 502 after ${most} calls, each with a new token, if STS keeps returning ${code}`, async () => {
      await wire.fault({ upstream: 'sts', fault: 'error', code });
      assert.deepEqual(await requestAsNewCaller(), { status: 502, fault, sts: most, tokens: most - 1 });
      await wire.clearFaults();
    });
  }

  it('is not replaced after AccessDenied, and neither is a token that STS accepts', async () => {
    assert.deepEqual(await requestAsNewCaller(), { status: 200, fault: undefined, sts: 1, tokens: 0 });
    await wire.fault({ upstream: 'sts', fault: 'error', code: 'AccessDenied' });
    assert.deepEqual(await requestAsNewCaller(), { status: 502, fault: 'sts_denied', sts: 1, tokens: 0 });
    await wire.clearFaults();
  });

  it('is replaced with one signed with a new key if its signing key was withdrawn', async () => {
    // Replacing Google's keys also clears the metadata server's cached tokens, but the bridge still has an old token in its
    // cache.
    await wire.control('POST', '/keys', { action: 'replace' });
    account += 1;
    await wire.forgetCalls();
    const served = await wire.get(READABLE, { headers: asAccount(wire, account) });
    assert.equal(served.status, 200);
    assert.deepEqual(
      (await sessionsAtSts(wire)).map(({ status }) => status),
      [400, 200],
    );
  });
});

describe('an identity token that expires', () => {
  it('in two minutes is fetched once and used for many STS calls', async (test) => {
    const wire = await startClockedWire({ config: openToProject() });
    test.after(() => wire.close());
    // Stops the clock, because otherwise the bridge would fetch a new token after one minute.
    await wire.setClocks(STOPPED);
    await wire.control('PUT', '/durations', { identityToken: 120 });
    // Makes STS reject the cached token, so that the bridge replaces it with a short-lived token.
    await wire.fault({ upstream: 'sts', fault: 'error', code: 'InvalidIdentityToken', times: 1 });
    await wire.forgetCalls();
    for (let i = 0; i < 40; i += 1)
      assert.equal((await wire.get(READABLE, { headers: asTimelessAccount(wire, i % 20) })).status, 200);
    assert.equal((await sessionsAtSts(wire)).length, 21, 'one for each caller, and the rejected one');
    assert.equal(await identityTokensAsked(wire), 1);
  });

  it('in a few seconds is still used, and a new one is fetched only for the next STS call', async (test) => {
    const wire = await startWire({ config: openToProject() });
    test.after(() => wire.close());
    await wire.control('PUT', '/durations', { identityToken: 20 });
    // Makes STS reject the cached token, so that the bridge replaces it with a short-lived token.
    await wire.fault({ upstream: 'sts', fault: 'error', code: 'InvalidIdentityToken', times: 1 });
    assert.equal((await wire.get(READABLE, { headers: asAccount(wire, 1) })).status, 200);
    await wire.forgetCalls();
    for (const n of [2, 3])
      assert.equal((await wire.get(READABLE, { headers: asAccount(wire, n) })).status, 200);
    for (const n of [2, 3])
      assert.equal((await wire.get(READABLE, { headers: asAccount(wire, n) })).status, 200);
    assert.equal((await sessionsAtSts(wire)).length, 2);
    assert.equal(await identityTokensAsked(wire), 2);
  });
});
