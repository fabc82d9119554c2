// Renewals after a denial: a caller that is denied, however often, keeps no other caller from a new session after a revocation.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { revokeRole, roleMay } from '../../support/revocation.ts';
import { asAccount, openToProject, READABLE, sessionsAtSts } from '../../support/sessions-at-sts.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const DENIED = 0;
/** More than a role may renew at once. */
const OTHERS = Array.from({ length: 40 }, (_, i) => i + 1);
const MISSING = '/acme-lake/raw/public/missing.csv';
const SECRET = '/acme-lake/raw/secret.csv';

/** Without `s3:ListBucket`, S3 denies a read of a missing object. */
const MAY_READ = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' };
const MAY_NOT_READ_SECRET = {
  Effect: 'Deny',
  Action: 's3:GetObject',
  Resource: 'arn:aws:s3:::acme-lake/raw/secret.csv',
};

describe('after a revocation', () => {
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
      it(`callers recover at once with ${others} while another ${what}`, async (test) => {
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

  it('requests that run at the same time all recover, with one STS call for each session', async (test) => {
    test.after(() => wire.close());
    await revokeRole(wire, MAY_READ);
    await wire.forgetCalls();
    const twelve = OTHERS.slice(0, 12).flatMap((n) => [n, n, n]);
    assert.deepEqual(new Set(await Promise.all(twelve.map((n) => statusOf(n)))), new Set([200]));
    assert.equal((await sessionsAtSts(wire)).length, 12);
  });
});

describe('STS calls after denials', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({ config: openToProject() });
    await wire.put('raw/secret.csv', 'secret');
    await roleMay(wire, MAY_READ, MAY_NOT_READ_SECRET);
  });
  after(() => wire.close());

  /** STS calls while each of these callers is denied this read three times, and the seconds that took. */
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

  it('are none if S3 names another reason than a revocation', async () => {
    assert.equal((await callsOf(callersFrom(100), 'GET', MISSING)).calls, 0);
  });

  it('are bounded for each role if S3 names a Deny in its policy', async () => {
    const { calls, seconds } = await callsOf(callersFrom(200), 'GET', SECRET);
    assert.ok(calls >= 2, `${calls} calls`);
    assert.ok(calls <= 20 + seconds / 6 + 1, `${calls} calls in ${seconds} s`);
  });

  it('are fewer for each role if S3 names no reason', async () => {
    const { calls, seconds } = await callsOf(callersFrom(300), 'HEAD', MISSING);
    assert.ok(calls >= 2, `${calls} calls`);
    assert.ok(calls <= 10 + seconds / 30 + 1, `${calls} calls in ${seconds} s`);
  });

  it('are few for one caller, so that it leaves the others of the role theirs', async () => {
    const own = await startWire({ config: openToProject() });
    await own.put('raw/secret.csv', 'secret');
    await roleMay(own, MAY_READ, MAY_NOT_READ_SECRET);
    const headers = asAccount(own, 1);
    await own.get(READABLE, { headers });
    await own.forgetCalls();
    const begun = performance.now();
    for (let i = 0; i < 40; i += 1) {
      await own.get(SECRET, { headers });
      await own.get(MISSING, { method: 'HEAD', headers });
    }
    const seconds = (performance.now() - begun) / 1000;
    const calls = (await sessionsAtSts(own)).length;
    await own.close();
    assert.ok(calls >= 2, `${calls} calls`);
    assert.ok(calls <= 6 + seconds / 24 + 1, `${calls} calls in ${seconds} s`);
  });
});
