// A chain is renewed as one, behind the requests that its last credentials serve: each hop anew, from the first to the last.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chained, hopsAtSts, LAKE_DATA, partnerRole } from '../../support/chain.ts';
import { asTimelessAccount, startClockedWire, TWO_LIVES } from '../../support/faked-clock.ts';
import { READABLE } from '../../support/sessions-at-sts.ts';
import { startStsInFront } from '../../support/sts-in-front.ts';
import type { StsInFront } from '../../support/sts-in-front.ts';
import { until } from '../../support/until.ts';

const VAULT = 'arn:aws:iam::345678901234:role/vault';
const ROLES = [
  partnerRole({ arn: LAKE_DATA, mayAssume: VAULT }),
  partnerRole({ arn: VAULT, trusts: LAKE_DATA }),
];
const HOPS = [`arn: "${LAKE_DATA}"`, `arn: "${VAULT}"`];
const WALK = ['AssumeRoleWithWebIdentity', 'AssumeRole', 'AssumeRole'];

/** Of an hour; renewal is due in its last five to six minutes, and the last one is not served. */
const [DUE, OVER] = [3400, 3560];

describe('a chain of three roles that is about to end', () => {
  it('is walked anew in full, while a request is served by what is held', async (test) => {
    const wire = await startClockedWire({ config: chained(HOPS), roles: ROLES });
    test.after(() => wire.close());
    const headers = asTimelessAccount(wire, 1);
    assert.equal((await wire.get(READABLE, { headers })).status, 200);
    await wire.forgetCalls();
    await wire.passed(DUE);
    assert.equal((await wire.get(READABLE, { headers })).status, 200);
    await until('the chain is walked', async () => {
      const calls = await hopsAtSts(wire);
      return calls.length === WALK.length && calls.every(({ status }) => status === 200);
    });
    assert.deepEqual(
      (await hopsAtSts(wire)).map(({ action }) => action),
      WALK,
    );
    await wire.passed(OVER);
    assert.equal((await wire.get(READABLE, { headers })).status, 200);
    assert.equal((await hopsAtSts(wire)).length, WALK.length, 'the new ones serve');
    const keys = (await wire.calls('s3')).map(({ accessKeyId }) => accessKeyId);
    assert.equal(new Set(keys).size, 2);
  });

  it('keeps serving where a hop refuses meanwhile, and is walked from the first role again', async (test) => {
    let front: StsInFront | undefined;
    const wire = await startClockedWire({
      config: chained(HOPS),
      roles: ROLES,
      environment: async ({ sts }) => {
        front = await startStsInFront(sts);
        return { AWS_ENDPOINT_URL_STS: front.origin };
      },
    });
    test.after(async () => {
      await wire.close();
      front?.close();
    });
    const headers = asTimelessAccount(wire, 1);
    assert.equal((await wire.get(READABLE, { headers })).status, 200);
    front?.strike({ action: 'AssumeRole', how: { code: 'AccessDenied' } });
    await wire.passed(DUE);
    assert.equal((await wire.get(READABLE, { headers })).status, 200);
    const line = await wire.bridge.line(({ message }) => String(message).includes('could not be renewed'));
    assert.equal(line['fault'], 'sts_hop_denied');
    front?.strike(undefined);
    await wire.forgetCalls();
    await wire.passed(OVER);
    assert.equal((await wire.get(READABLE, { headers })).status, 200);
    assert.deepEqual(
      (await hopsAtSts(wire)).map(({ action }) => action),
      WALK,
    );
  });
});

describe('a chain', () => {
  it('serves each request over several lives, with as many first roles as last ones', async (test) => {
    const wire = await startClockedWire({ config: chained(HOPS), roles: ROLES });
    test.after(() => wire.close());
    const headers = asTimelessAccount(wire, 1);
    assert.equal((await wire.get(READABLE, { headers })).status, 200);
    await wire.forgetCalls();
    const settled = async (): Promise<boolean> => {
      const calls = await hopsAtSts(wire);
      return calls.length % WALK.length === 0 && calls.every(({ status }) => status !== null);
    };
    for (const seconds of TWO_LIVES) {
      await wire.passed(seconds);
      assert.equal((await wire.get(READABLE, { headers })).status, 200);
      await until('no walk is under way', settled);
    }
    const actions = (await hopsAtSts(wire)).map(({ action }) => action);
    assert.ok(actions.length >= 2 * WALK.length, `${actions.length} calls in two lives`);
    assert.deepEqual(
      actions,
      Array.from({ length: actions.length / WALK.length }, () => WALK).flat(),
      'one walk at a time',
    );
  });
});
