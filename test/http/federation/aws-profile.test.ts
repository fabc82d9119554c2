// Without a Google identity, for example on a laptop, the bridge assumes roles with an AWS profile. Callers and grants are
// unaffected.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { SandboxContract } from '../../../src/sandbox/sandbox.ts';
import { asAccount, openToProject, READABLE, sessionsAtSts } from '../../support/sessions-at-sts.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const OWNERS_ROLE = {
  arn: 'arn:aws:iam::123456789012:role/owners',
  trust: {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Principal: { AWS: 'arn:aws:iam::123456789012:user/owner' },
    },
  },
  permissions: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 's3:*', Resource: '*' } },
};
const config =
  (identity: string) =>
  (contract: SandboxContract): string =>
    openToProject(identity)({ ...contract, role: OWNERS_ROLE.arn });

for (const [source, identity, variables] of [
  ['set in the configuration', 'identity: { profile: owner }', {}],
  ['set in AWS_PROFILE', '', { AWS_PROFILE: 'owner' }],
] as const) {
  describe(`a bridge with an AWS profile ${source}`, () => {
    const directory = mkdtempSync(join(tmpdir(), 'fedbridge-profile-'));
    let wire: Wire;
    before(async () => {
      wire = await startWire({
        config: config(identity),
        environment: ({ owner }) => {
          const file = join(directory, 'credentials');
          writeFileSync(
            file,
            `[owner]\naws_access_key_id=${owner.accessKeyId}\naws_secret_access_key=${owner.secretAccessKey}\n`,
          );
          return { ...variables, AWS_SHARED_CREDENTIALS_FILE: file, LOG_LEVEL: 'trace' };
        },
        roles: [OWNERS_ROLE],
      });
    });
    after(async () => {
      await wire.close();
      rmSync(directory, { recursive: true });
    });

    it("assumes the role with the caller's name and grants, without calling Google's metadata server", async () => {
      assert.equal((await wire.get(READABLE, { headers: asAccount(wire, 1) })).status, 200);
      const [session] = await sessionsAtSts(wire);
      assert.equal(session?.roleArn, OWNERS_ROLE.arn);
      assert.equal(session.roleSessionName, 'job-1@acme-prod');
      assert.match(session.policy, /s3:GetObject/);
      assert.deepEqual(await wire.calls('metadata'), []);
    });

    it("does not log the profile's keys", () => {
      const { accessKeyId, secretAccessKey } = wire.sandbox.contract.owner;
      assert.doesNotMatch(wire.bridge.output(), new RegExp(accessKeyId));
      assert.ok(!wire.bridge.output().includes(secretAccessKey));
    });
  });
}
