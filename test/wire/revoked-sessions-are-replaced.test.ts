// The owner may end a role's sessions (`fedbridge revoke`): S3 then denies them, and the bridge serves on with new ones.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { asAccount, openToProject, READABLE, sessionsAtSts } from './sessions-at-sts.ts';
import { startWire } from './wire.ts';
import type { Wire } from './wire.ts';

const CALLERS = [1, 2, 3, 4, 5];

describe('sessions of a role that its owner ends', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({ config: openToProject() });
  });
  after(() => wire.close());

  const statuses = (): Promise<number[]> =>
    Promise.all(CALLERS.map(async (n) => (await wire.get(READABLE, { headers: asAccount(wire, n) })).status));

  /** The statement that the command prints, put on the role beside what it may do. */
  const revoke = async (): Promise<void> => {
    const { contract } = wire.sandbox;
    const { stdout, status } = spawnSync(
      process.execPath,
      [new URL('../../src/main.ts', import.meta.url).pathname, 'revoke', contract.role],
      { encoding: 'utf8', env: {} },
    );
    assert.equal(status, 0);
    const [, document = ''] = /--policy-document '([^']+)'/.exec(stdout) ?? [];
    const { Statement: denied } = JSON.parse(document) as { Statement: readonly unknown[] };
    const { uniqueId } = contract.serviceAccount;
    await wire.control('PUT', '/roles', {
      arn: contract.role,
      trust: {
        Version: '2012-10-17',
        Statement: {
          Effect: 'Allow',
          Principal: { Federated: 'accounts.google.com' },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: { StringEquals: { 'accounts.google.com:sub': uniqueId } },
        },
      },
      permissions: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: ['s3:GetObject', 's3:ListBucket'], Resource: '*' }, ...denied],
      },
    });
  };

  it('cost each caller one session and no failed read', async () => {
    assert.deepEqual(await statuses(), [200, 200, 200, 200, 200]);
    await revoke();
    await wire.forgetCalls();
    // One look a minute is all that a denial is worth; what it finds holds for all of the role.
    assert.equal((await wire.get(READABLE, { headers: asAccount(wire, 1) })).status, 200);
    assert.deepEqual(await statuses(), [200, 200, 200, 200, 200]);
    assert.equal((await sessionsAtSts(wire)).length, CALLERS.length);
    const denied = (await wire.calls('s3')).filter(({ status }) => status === 403);
    assert.equal(denied.length, 1, 'only the first was asked with a session that had ended');
  });
});
