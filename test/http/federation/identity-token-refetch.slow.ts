// Where STS dislikes our identity token, it is fetched anew and shown once more: what passes by, no caller sees.
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

describe('an identity token that STS refuses', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({ config: openToProject() });
  });
  after(() => wire.close());

  let account = 0;
  const askOfNewCaller = async (): Promise<{
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
    // "Couldn't retrieve verification key" comes under this code too, and passes.
    ['InvalidIdentityToken', 'sts_token_invalid', 3],
    ['ExpiredTokenException', 'sts_token_expired', 2],
    ['IDPRejectedClaim', 'sts_claim_rejected', 2],
  ] as const) {
    it(`once, with ${code}, is shown anew and the caller served`, async () => {
      await wire.fault({ supplier: 'sts', fault: 'error', code, times: 1 });
      assert.deepEqual(await askOfNewCaller(), { status: 200, fault: undefined, sts: 2, tokens: 1 });
    });

    it(`always, with ${code}, is told as 502 after ${most} calls, each with a new one`, async () => {
      await wire.fault({ supplier: 'sts', fault: 'error', code });
      assert.deepEqual(await askOfNewCaller(), { status: 502, fault, sts: most, tokens: most - 1 });
      await wire.clearFaults();
    });
  }

  it('is fetched once for all, and kept where STS dislikes something else', async () => {
    assert.deepEqual(await askOfNewCaller(), { status: 200, fault: undefined, sts: 1, tokens: 0 });
    await wire.fault({ supplier: 'sts', fault: 'error', code: 'AccessDenied' });
    assert.deepEqual(await askOfNewCaller(), { status: 502, fault: 'sts_denied', sts: 1, tokens: 0 });
    await wire.clearFaults();
  });

  it('as it is signed by a key that was withdrawn, is replaced by one of a new key', async () => {
    // The metadata server forgets its tokens with the keys that signed them; the bridge still holds one.
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

describe('an identity token with little life left', () => {
  it('of two minutes serves many STS calls, and is asked for once', async (test) => {
    const wire = await startClockedWire({ config: openToProject() });
    test.after(() => wire.close());
    // After a minute it would be asked for again.
    await wire.setClocks(STOPPED);
    await wire.control('PUT', '/durations', { identityToken: 120 });
    // What was held until now is refused, so that the short one takes its place.
    await wire.fault({ supplier: 'sts', fault: 'error', code: 'InvalidIdentityToken', times: 1 });
    await wire.forgetCalls();
    for (let i = 0; i < 40; i += 1)
      assert.equal((await wire.get(READABLE, { headers: asTimelessAccount(wire, i % 20) })).status, 200);
    assert.equal((await sessionsAtSts(wire)).length, 21, 'one for each caller, and the refused one');
    assert.equal(await identityTokensAsked(wire), 1);
  });

  it('of seconds is used as it is, and asked for again only by the next STS call', async (test) => {
    const wire = await startWire({ config: openToProject() });
    test.after(() => wire.close());
    await wire.control('PUT', '/durations', { identityToken: 20 });
    // What was held until now is refused, so that the short one takes its place.
    await wire.fault({ supplier: 'sts', fault: 'error', code: 'InvalidIdentityToken', times: 1 });
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
