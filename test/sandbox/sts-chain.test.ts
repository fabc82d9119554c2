// Tests AssumeRole for the second role in a chain: its external ID, tags, source identity, and maximum duration of one hour.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AssumeRoleCommand,
  GetCallerIdentityCommand,
  type AssumeRoleCommandInput,
} from '@aws-sdk/client-sts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { allowing, assumed, control, keysOf, sandboxFor, stsClient, type Keys } from './clients.ts';

const RoleArn = 'arn:aws:iam::210987654321:role/lake-data';
const HOP = {
  RoleArn,
  RoleSessionName: 'reader@acme-prod',
  ExternalId: '7f3c',
} satisfies AssumeRoleCommandInput;

test('a session of the first role can assume the second only with the external ID', async (context) => {
  const sandbox = await sandboxFor(context);
  const sts = stsClient(sandbox, await assumed(sandbox));
  const { Credentials: issued } = await sts.send(
    new AssumeRoleCommand({
      ...HOP,
      Tags: [{ Key: 'team', Value: 'data' }],
      TransitiveTagKeys: ['team'],
      SourceIdentity: 'reader',
    }),
  );
  const { Arn } = await stsClient(sandbox, keysOf(issued)).send(new GetCallerIdentityCommand({}));
  assert.equal(Arn, 'arn:aws:sts::210987654321:assumed-role/lake-data/reader@acme-prod');
  await assert.rejects(sts.send(new AssumeRoleCommand({ ...HOP, ExternalId: 'other' })), {
    name: 'AccessDenied',
  });
  await assert.rejects(sts.send(new AssumeRoleCommand({ ...HOP, ExternalId: undefined })), {
    name: 'AccessDenied',
  });
});

test('a chained session lasts at most one hour', async (context) => {
  const sandbox = await sandboxFor(context);
  const sts = stsClient(sandbox, await assumed(sandbox));
  await assert.rejects(sts.send(new AssumeRoleCommand({ ...HOP, DurationSeconds: 3601 })), {
    name: 'ValidationError',
  });
});

test('a session cannot assume the next role if its session policy does not allow sts:AssumeRole', async (context) => {
  const sandbox = await sandboxFor(context);
  const policy = allowing({ Action: 's3:GetObject', Resource: '*' });
  const sts = stsClient(sandbox, await assumed(sandbox, { policy }));
  await assert.rejects(sts.send(new AssumeRoleCommand(HOP)), { name: 'AccessDenied' });
});

test('AssumeRole rejects altered or unknown credentials', async (context) => {
  const sandbox = await sandboxFor(context);
  const keys = await assumed(sandbox);
  const call = (changed: object) =>
    stsClient(sandbox, { ...keys, ...changed }).send(new GetCallerIdentityCommand({}));
  await assert.rejects(call({ secretAccessKey: 'x' }), { name: 'SignatureDoesNotMatch' });
  await assert.rejects(call({ sessionToken: 'AAAA' }), { name: 'InvalidClientTokenId' });
  await assert.rejects(call({ accessKeyId: 'ASIAAAAAAAAAAAAAAAAA' }), { name: 'InvalidClientTokenId' });
});

/** Asserts that STS rejects an AssumeRole request from the first role's session. */
async function refusedHop(
  sandbox: Sandbox,
  more: Partial<AssumeRoleCommandInput>,
  name: string,
  message: RegExp,
  keys?: Keys,
): Promise<void> {
  const sts = stsClient(sandbox, keys ?? (await assumed(sandbox)));
  await assert.rejects(sts.send(new AssumeRoleCommand({ ...HOP, ...more })), (error: Error) => {
    assert.equal(error.name, name);
    assert.match(error.message, message);
    return true;
  });
}

test("session tags beyond AWS's limits are rejected, each with its position", async (context) => {
  const sandbox = await sandboxFor(context);
  const keys = await assumed(sandbox);
  const tag = (Key: string, Value = 'x') => ({ Key, Value });
  const many = (count: number) => Array.from({ length: count }, (_, index) => tag(`k${index}`));
  const refuse = (more: Partial<AssumeRoleCommandInput>, message: RegExp, name = 'ValidationError') =>
    refusedHop(sandbox, more, name, message, keys);
  await refuse({ Tags: many(51) }, /^1 validation error detected: .*'tags' .*less than or equal to 50$/);
  await refuse({ Tags: [tag('a'), tag('k'.repeat(129))] }, /'tags\.2\.member\.key' .* 128$/);
  await refuse({ Tags: [tag('a', 'v'.repeat(257))] }, /'tags\.1\.member\.value' .* 256$/);
  await refuse(
    { Tags: [tag('a*'), tag('b', '#')] },
    /^2 validation errors .*1\.member\.key.*2\.member\.value/,
  );
  await refuse({ Tags: [tag('aws:team')] }, /reserved/, 'InvalidParameterValue');
  await refuse({ Tags: [tag('team'), tag('TEAM')] }, /Duplicate tag keys/, 'InvalidParameterValue');
  const TransitiveTagKeys = ['team'];
  await refuse({ TransitiveTagKeys }, /must be included in the requested tags/, 'InvalidParameterValue');
  const longest = [...many(48), tag('k'.repeat(128), 'v'.repeat(256)), tag('Größe +-=._:/@', '')];
  await stsClient(sandbox, keys).send(new AssumeRoleCommand({ ...HOP, Tags: longest }));
});

test('transitive tags and the source identity reach every hop, which must allow them in its trust policy and cannot change them', async (context) => {
  const sandbox = await sandboxFor(context);
  const third = 'arn:aws:iam::210987654321:role/third';
  const trusting = (Action: string[]) =>
    control(sandbox, 'PUT', '/roles', {
      arn: third,
      trust: { Version: '2012-10-17', Statement: { Effect: 'Allow', Principal: { AWS: RoleArn }, Action } },
      permissions: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } },
    });
  await control(sandbox, 'PUT', '/roles', {
    arn: RoleArn,
    trust: {
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Principal: { AWS: sandbox.contract.role }, Action: 'sts:*' },
    },
    permissions: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'sts:*', Resource: '*' } },
  });
  const hop = new AssumeRoleCommand({
    ...HOP,
    Tags: [{ Key: 'team', Value: 'data' }],
    TransitiveTagKeys: ['team'],
    SourceIdentity: 'reader',
  });
  const keys = keysOf((await stsClient(sandbox, await assumed(sandbox)).send(hop)).Credentials);
  const next = { RoleArn: third };
  await trusting(['sts:AssumeRole', 'sts:SetSourceIdentity']);
  await refusedHop(sandbox, next, 'AccessDenied', /sts:TagSession on resource: .*role\/third$/, keys);
  await trusting(['sts:AssumeRole', 'sts:TagSession']);
  await refusedHop(sandbox, next, 'AccessDenied', /sts:SetSourceIdentity on/, keys);
  await trusting(['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity']);
  const Tags = [{ Key: 'Team', Value: 'other' }];
  await refusedHop(sandbox, { ...next, Tags }, 'InvalidParameterValue', /conflicts with a transitive/, keys);
  const SourceIdentity = 'other';
  await refusedHop(sandbox, { ...next, SourceIdentity }, 'ValidationError', /is already set/, keys);
  const last = await stsClient(sandbox, keys).send(new AssumeRoleCommand({ ...HOP, ...next }));
  assert.equal(last.SourceIdentity, 'reader');
  const { Arn } = await stsClient(sandbox, keysOf(last.Credentials)).send(new GetCallerIdentityCommand({}));
  assert.equal(Arn, 'arn:aws:sts::210987654321:assumed-role/third/reader@acme-prod');
});
