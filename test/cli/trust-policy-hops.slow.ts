// The trust policy that `fedbridge trust-policy ROLE --hop N` prints lets only the previous role of the chain assume the hop's
// role.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import type { AssumeRoleCommandInput } from '@aws-sdk/client-sts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { sampleWith } from '../config/sample.ts';
import { assumed, control, stsClient } from '../sandbox/clients.ts';
import { runTrustPolicy } from '../policy/lint/program.ts';

let sandbox: Sandbox;
before(async () => {
  sandbox = await startSandbox();
});
after(() => sandbox.close());

const LAKE = 'arn:aws:iam::123456789012:role/gcp-lake-read';
const DATA = 'arn:aws:iam::210987654321:role/printed-data';
const VAULT = 'arn:aws:iam::210987654321:role/printed-vault';

const withHops = (...then: readonly object[]) => ({
  environment: { FEDBRIDGE_CONFIG: `${sampleWith(['roles lake then', then])}\n` },
});

async function printed(hop: number, ...then: readonly object[]): Promise<object> {
  const { code, stdout, stderr } = await runTrustPolicy(['lake', '--hop', String(hop)], withHops(...then));
  assert.deepEqual([code, stderr], [0, '']);
  return JSON.parse(stdout) as object;
}

const allowing = (...statements: readonly object[]) => ({
  Version: '2012-10-17',
  Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })),
});

describe('the printed trust policy of a later role in a chain', () => {
  it('trusts the previous role, and has no condition if no external ID is set', async () => {
    const plain = allowing({ Principal: { AWS: LAKE }, Action: 'sts:AssumeRole' });
    assert.deepEqual(await printed(1, { arn: DATA }), plain);
    const second = allowing({ Principal: { AWS: DATA }, Action: 'sts:AssumeRole' });
    assert.deepEqual(await printed(2, { arn: DATA }, { arn: VAULT }), second);
  });

  it('requires the external ID only for sts:AssumeRole, and allows tags and a source identity', async () => {
    const hop = { arn: DATA, externalId: '7f3c', tags: { team: 'data' }, sourceIdentity: 'caller' };
    assert.deepEqual(
      await printed(1, hop),
      allowing(
        {
          Principal: { AWS: LAKE },
          Action: 'sts:AssumeRole',
          Condition: { StringEquals: { 'sts:ExternalId': '7f3c' } },
        },
        { Principal: { AWS: LAKE }, Action: ['sts:TagSession', 'sts:SetSourceIdentity'] },
      ),
    );
  });

  it('allows tags and a source identity from an earlier hop, and tags that name the caller', async () => {
    const along = (action: string) =>
      allowing(
        { Principal: { AWS: DATA }, Action: 'sts:AssumeRole' },
        { Principal: { AWS: DATA }, Action: [action] },
      );
    const transitive = { arn: DATA, tags: { team: 'data' }, transitiveTags: ['team'] };
    assert.deepEqual(await printed(2, transitive, { arn: VAULT }), along('sts:TagSession'));
    const named = { arn: DATA, sourceIdentity: 'caller' };
    assert.deepEqual(await printed(2, named, { arn: VAULT }), along('sts:SetSourceIdentity'));
    const tagged = { arn: VAULT, callerTags: true };
    assert.deepEqual(await printed(2, { arn: DATA }, tagged), along('sts:TagSession'));
  });

  it('lets the previous role assume this role, but only with the external ID', async () => {
    const hop = { arn: DATA, externalId: '7f3c', tags: { team: 'data' }, sourceIdentity: 'caller' };
    await control(sandbox, 'PUT', '/roles', {
      arn: DATA,
      trust: await printed(1, hop),
      permissions: allowing({ Action: 's3:*', Resource: '*' }),
    });
    const assume = async (changes: Partial<AssumeRoleCommandInput> = {}) => {
      const sts = stsClient(sandbox, await assumed(sandbox));
      const usual = { RoleArn: DATA, RoleSessionName: 'reader@acme-prod', ExternalId: '7f3c' };
      return sts.send(new AssumeRoleCommand({ ...usual, ...changes }));
    };
    await assume({ Tags: [{ Key: 'team', Value: 'data' }], SourceIdentity: 'reader@acme-prod' });
    await assert.rejects(assume({ ExternalId: 'other' }), { name: 'AccessDenied' });
    await assert.rejects(assume({ ExternalId: undefined }), { name: 'AccessDenied' });
  });

  it('is not printed if the chain has fewer hops than the number in --hop', async () => {
    for (const [then, rule] of [
      [[], 'cannot be used, because role lake has no chained roles'],
      [[{ arn: DATA }], 'must be at most 1, the number of chained roles of lake'],
    ] as const) {
      const { code, stdout, stderr } = await runTrustPolicy(['lake', '--hop', '2'], withHops(...then));
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, new RegExp(`--hop: ${rule}\\.`));
    }
  });
});
