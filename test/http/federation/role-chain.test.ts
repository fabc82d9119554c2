// In a chain of roles, each role assumes the next one. Reads use the last role's session, which is limited to the caller's
// grants.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { chained, hopsAtSts, LAKE, LAKE_DATA, partnerRole, TO_LAKE_DATA } from '../../support/chain.ts';
import { asAccount, READABLE } from '../../support/sessions-at-sts.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const DURATION = 1800;
const VAULT = 'arn:aws:iam::345678901234:role/vault';

const CHAINS = [
  { what: 'two roles', hops: [TO_LAKE_DATA], roles: [], arns: [LAKE, LAKE_DATA] },
  {
    what: 'three roles',
    hops: [`arn: "${LAKE_DATA}"`, `arn: "${VAULT}", externalId: "a/b:c@d"`],
    roles: [
      partnerRole({ arn: LAKE_DATA, mayAssume: VAULT }),
      partnerRole({
        arn: VAULT,
        trusts: LAKE_DATA,
        condition: { StringEquals: { 'sts:ExternalId': 'a/b:c@d' } },
      }),
    ],
    arns: [LAKE, LAKE_DATA, VAULT],
  },
] as const;

for (const { what, hops, roles, arns } of CHAINS) {
  describe(`a chain of ${what}`, () => {
    let wire: Wire;
    before(async () => {
      wire = await startWire({
        config: chained(hops, { duration: DURATION }),
        roles,
        environment: { LOG_LEVEL: 'trace' },
      });
      await wire.forgetCalls();
      const reply = await wire.get(READABLE, { as: 'reader' });
      assert.equal(reply.status, 200);
      assert.match(reply.text, /^id,item/);
    });
    after(() => wire.close());

    it('is assumed once, with each role assuming the next', async () => {
      const calls = await hopsAtSts(wire);
      assert.deepEqual(
        calls.map(({ action, roleArn, status }) => [action, roleArn, status]),
        arns.map((arn, i) => [i === 0 ? 'AssumeRoleWithWebIdentity' : 'AssumeRole', arn, 200]),
      );
    });

    it('uses the caller as the session name on every hop', async () => {
      for (const { roleSessionName } of await hopsAtSts(wire))
        assert.equal(roleSessionName, 'reader@acme-prod');
    });

    it("is limited to the caller's grants only in its last session, because earlier sessions need sts:AssumeRole", async () => {
      const policies = (await hopsAtSts(wire)).map(({ policy }) => policy);
      const last = policies.pop();
      assert.ok(policies.every((policy) => policy === undefined));
      assert.match(last ?? '', /"s3:GetObject"/);
      assert.match(last ?? '', /arn:aws:s3:::acme-lake\/\*/);
    });

    it('requests the same duration on every hop', async () => {
      for (const { durationSeconds } of await hopsAtSts(wire)) assert.equal(durationSeconds, DURATION);
    });

    it("uses only the last role's session for reads", async () => {
      const [read, ...more] = await wire.calls('s3');
      assert.deepEqual(
        [read?.['roleArn'], read?.['roleSessionName'], read?.['status'], more.length],
        [arns.at(-1), 'reader@acme-prod', 200, 0],
      );
    });

    it('is cached, so that further requests do not cause STS calls', async () => {
      await wire.forgetCalls();
      for (let i = 0; i < 5; i += 1) assert.equal((await wire.get(READABLE, { as: 'reader' })).status, 200);
      assert.deepEqual(await hopsAtSts(wire), []);
    });

    it('is assumed once per caller for concurrent requests', async () => {
      await wire.forgetCalls();
      const accounts = [1, 1, 1, 1, 2, 2];
      const replies = await Promise.all(
        accounts.map((n) => wire.get(READABLE, { headers: asAccount(wire, n) })),
      );
      assert.ok(replies.every(({ status }) => status === 200));
      const names = (await hopsAtSts(wire)).map(({ roleSessionName }) => roleSessionName).sort();
      const each = (name: string): string[] => arns.map(() => name);
      assert.deepEqual(names, [...each('job-1@acme-prod'), ...each('job-2@acme-prod')]);
    });

    it("does not reveal any hop's credentials in the log", () => {
      assert.doesNotMatch(wire.bridge.output(), /ASIA[A-Z0-9]{8}|SessionToken|SecretAccessKey/);
    });
  });
}
