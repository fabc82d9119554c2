// Changes the sandbox role's permissions, or revokes its sessions, as the role's owner can do in AWS.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import type { Wire } from './wire.ts';

/** Replaces the role's permissions. The change also affects the bridge's existing sessions. */
export async function roleMay(wire: Wire, ...statements: readonly unknown[]): Promise<void> {
  const { role, serviceAccount } = wire.sandbox.contract;
  await wire.control('PUT', '/roles', {
    arn: role,
    trust: {
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Principal: { Federated: 'accounts.google.com' },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringEquals: { 'accounts.google.com:sub': serviceAccount.uniqueId } },
      },
    },
    permissions: { Version: '2012-10-17', Statement: statements },
  });
}

/** Replaces the role's permissions with these statements and the statement that `fedbridge revoke` prints. */
export async function revokeRole(wire: Wire, ...statements: readonly unknown[]): Promise<void> {
  const { stdout, status } = spawnSync(
    process.execPath,
    [new URL('../../src/main.ts', import.meta.url).pathname, 'revoke', wire.sandbox.contract.role],
    { encoding: 'utf8', env: {} },
  );
  assert.equal(status, 0);
  const [, document = ''] = /--policy-document '([^']+)'/.exec(stdout) ?? [];
  const { Statement: denied } = JSON.parse(document) as { Statement: readonly unknown[] };
  await roleMay(wire, ...statements, ...denied);
}
