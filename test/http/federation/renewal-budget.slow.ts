// A caller that is denied repeatedly must not prevent others from getting new sessions after a revocation.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { revokeRole, roleMay } from '../../support/revocation.ts';
import { asAccount, openToProject, READABLE, sessionsAtSts } from '../../support/sessions-at-sts.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const DENIED = 0;
/** The other callers. Their number exceeds a role's limit on simultaneous renewals. */
const OTHERS = Array.from({ length: 40 }, (_, i) => i + 1);
const MISSING = '/acme-lake/raw/public/missing.csv';
const SECRET = '/acme-lake/raw/secret.csv';

/** This statement lacks `s3:ListBucket`, so S3 responds to reads of missing objects with 403 instead of 404. */
const MAY_READ = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' };
const MAY_NOT_READ_SECRET = {
  Effect: 'Deny',
  Action: 's3:GetObject',
  Resource: 'arn:aws:s3:::acme-lake/raw/secret.csv',
};

describe('callers whose sessions were revoked', () => {
  let wire: Wire;
  beforeEach(async () => {
    wire = await startWire({ config: openToProject() });
    await wire.put('raw/secret.csv', 'secret');
    await roleMay(wire, MAY_READ, MAY_NOT_READ_SECRET);
    for (const n of [DENIED, ...OTHERS]) assert.equal(await statusOf(n), 200);
  });
  const cases = [
    ['polls a missing key', 'GET', MISSING],
    ['polls a missing key with HEAD', 'HEAD', MISSING],
    ['polls a key that the role itself may not read', 'GET', SECRET],
  ] as const;

  const statusOf = async (n: number, method = 'GET', path = READABLE): Promise<number> =>
    (await wire.get(path, { method, headers: asAccount(wire, n) })).status;

  for (const [what, method, path] of cases) {
    for (const others of ['GET', 'HEAD']) {
      it(`recover on their next ${others} request while another caller ${what}`, async (test) => {
        test.after(() => wire.close());
        for (let i = 0; i < 30; i += 1) assert.equal(await statusOf(DENIED, method, path), 403);
        await revokeRole(wire, MAY_READ, MAY_NOT_READ_SECRET);
        for (const n of OTHERS) {
          assert.equal(await statusOf(DENIED, method, path), 403);
          assert.equal(await statusOf(n, others), 200);
        }
      });
    }
  }

  it('can all be served at once, with one STS call per session', async (test) => {
    test.after(() => wire.close());
    await revokeRole(wire, MAY_READ);
    await wire.forgetCalls();
    const twelve = OTHERS.slice(0, 12).flatMap((n) => [n, n, n]);
    assert.deepEqual(new Set(await Promise.all(twelve.map((n) => statusOf(n)))), new Set([200]));
    assert.equal((await sessionsAtSts(wire)).length, 12);
  });
});

describe('STS calls after denied reads', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({ config: openToProject() });
    await wire.put('raw/secret.csv', 'secret');
    await roleMay(wire, MAY_READ, MAY_NOT_READ_SECRET);
  });
  after(() => wire.close());

  /** @returns the number of STS calls while each caller is denied this read three times, and the elapsed seconds */
  const callsOf = async (
    callers: readonly number[],
    method: string,
    path: string,
  ): Promise<{ readonly calls: number; readonly seconds: number }> => {
    for (const n of callers) await wire.get(READABLE, { headers: asAccount(wire, n) });
    await wire.forgetCalls();
    const begun = performance.now();
    for (let i = 0; i < 3; i += 1) {
      for (const n of callers) {
        const { status } = await wire.get(path, { method, headers: asAccount(wire, n) });
        assert.equal(status, 403);
      }
    }
    return {
      calls: (await sessionsAtSts(wire)).length,
      seconds: (performance.now() - begun) / 1000,
    };
  };
  const callersFrom = (first: number): number[] => OTHERS.map((n) => n + first);

  it('are not made if S3 gives a reason other than a revocation', async () => {
    assert.equal((await callsOf(callersFrom(100), 'GET', MISSING)).calls, 0);
  });

  it("are limited per role if S3 reports a Deny in the role's policy", async () => {
    const { calls, seconds } = await callsOf(callersFrom(200), 'GET', SECRET);
    assert.ok(calls >= 2, `${calls} calls`);
    assert.ok(calls <= 20 + seconds / 6 + 1, `${calls} calls in ${seconds} s`);
  });

  it('are limited more strictly per role if S3 does not report a reason', async () => {
    const { calls, seconds } = await callsOf(callersFrom(300), 'HEAD', MISSING);
    assert.ok(calls >= 2, `${calls} calls`);
    assert.ok(calls <= 10 + seconds / 30 + 1, `${calls} calls in ${seconds} s`);
  });

  it("are limited per caller, so that one caller cannot use up the role's budget", async () => {
    const separate = await startWire({ config: openToProject() });
    await separate.put('raw/secret.csv', 'secret');
    await roleMay(separate, MAY_READ, MAY_NOT_READ_SECRET);
    const headers = asAccount(separate, 1);
    await separate.get(READABLE, { headers });
    await separate.forgetCalls();
    const begun = performance.now();
    for (let i = 0; i < 40; i += 1) {
      await separate.get(SECRET, { headers });
      await separate.get(MISSING, { method: 'HEAD', headers });
    }
    const seconds = (performance.now() - begun) / 1000;
    const calls = (await sessionsAtSts(separate)).length;
    await separate.close();
    assert.ok(calls >= 2, `${calls} calls`);
    assert.ok(calls <= 6 + seconds / 24 + 1, `${calls} calls in ${seconds} s`);
  });
});
