// A chain of roles is renewed as a whole, from the first hop to the last, while requests use the last hop's credentials.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chained, hopsAtSts, LAKE_DATA, partnerRole } from '../../support/chain.ts';
import { asTimelessAccount, startClockedWire, TWO_LIVES } from '../../support/faked-clock.ts';
import { READABLE } from '../../support/sessions-at-sts.ts';
import { failing, startStsStandIn } from '../../support/sts-stand-in.ts';
import type { StsStandIn } from '../../support/sts-stand-in.ts';
import { until } from '../../support/until.ts';

const VAULT = 'arn:aws:iam::345678901234:role/vault';
const ROLES = [
  partnerRole({ arn: LAKE_DATA, mayAssume: VAULT }),
  partnerRole({ arn: VAULT, trusts: LAKE_DATA }),
];
const HOPS = [`arn: "${LAKE_DATA}"`, `arn: "${VAULT}"`];
const CHAIN = ['AssumeRoleWithWebIdentity', 'AssumeRole', 'AssumeRole'];

/** Seconds since the one-hour credentials were issued: one time in their last five minutes, and one in their last minute. */
const [DUE, OVER] = [3400, 3560];

describe('a chain of three roles that is about to expire', () => {
  it('is assumed again in full while requests use the cached credentials', async (test) => {
    const wire = await startClockedWire({ config: chained(HOPS), roles: ROLES });
    test.after(() => wire.close());
    const headers = asTimelessAccount(wire, 1);
    assert.equal((await wire.get(READABLE, { headers })).status, 200);
    await wire.forgetCalls();
    await wire.passed(DUE);
    assert.equal((await wire.get(READABLE, { headers })).status, 200);
    await until('the chain is assumed', async () => {
      const calls = await hopsAtSts(wire);
      return calls.length === CHAIN.length && calls.every(({ status }) => status === 200);
    });
    assert.deepEqual(
      (await hopsAtSts(wire)).map(({ action }) => action),
      CHAIN,
    );
    await wire.passed(OVER);
    assert.equal((await wire.get(READABLE, { headers })).status, 200);
    assert.equal((await hopsAtSts(wire)).length, CHAIN.length, 'the new credentials are in use');
    const keys = (await wire.calls('s3')).map(({ accessKeyId }) => accessKeyId);
    assert.equal(new Set(keys).size, 2);
  });

  it('keeps serving requests if a hop is denied, and is later assumed again from the first role', async (test) => {
    let front: StsStandIn | undefined;
    const wire = await startClockedWire({
      config: chained(HOPS),
      roles: ROLES,
      environment: async ({ sts }) => {
        front = await startStsStandIn(sts);
        return { AWS_ENDPOINT_URL_STS: front.origin };
      },
    });
    test.after(async () => {
      await wire.close();
      front?.close();
    });
    const headers = asTimelessAccount(wire, 1);
    assert.equal((await wire.get(READABLE, { headers })).status, 200);
    front?.respondWith(failing({ code: 'AccessDenied' }, { action: 'AssumeRole' }));
    await wire.passed(DUE);
    assert.equal((await wire.get(READABLE, { headers })).status, 200);
    const line = await wire.bridge.line(({ message }) => String(message).includes('could not be renewed'));
    assert.equal(line['fault'], 'sts_hop_denied');
    front?.respondWith(undefined);
    await wire.forgetCalls();
    await wire.passed(OVER);
    assert.equal((await wire.get(READABLE, { headers })).status, 200);
    assert.deepEqual(
      (await hopsAtSts(wire)).map(({ action }) => action),
      CHAIN,
    );
  });
});

describe('a chain of roles', () => {
  it('stays usable over several lifetimes, because every renewal assumes all roles again', async (test) => {
    const wire = await startClockedWire({ config: chained(HOPS), roles: ROLES });
    test.after(() => wire.close());
    const headers = asTimelessAccount(wire, 1);
    assert.equal((await wire.get(READABLE, { headers })).status, 200);
    await wire.forgetCalls();
    const settled = async (): Promise<boolean> => {
      const calls = await hopsAtSts(wire);
      return calls.length % CHAIN.length === 0 && calls.every(({ status }) => status !== null);
    };
    for (const seconds of TWO_LIVES) {
      await wire.passed(seconds);
      assert.equal((await wire.get(READABLE, { headers })).status, 200);
      await until('no renewal is in flight', settled);
    }
    const actions = (await hopsAtSts(wire)).map(({ action }) => action);
    assert.ok(actions.length >= 2 * CHAIN.length, `${actions.length} calls in two lifetimes`);
    assert.deepEqual(
      actions,
      Array.from({ length: actions.length / CHAIN.length }, () => CHAIN).flat(),
      'one renewal at a time',
    );
  });
});
