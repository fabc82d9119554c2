// AssumeRole, the second hop of a chain: external ID, tags, source identity, and an hour at most.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AssumeRoleCommand,
  GetCallerIdentityCommand,
  type AssumeRoleCommandInput,
} from '@aws-sdk/client-sts';
import { allowing, assumed, sandboxFor, stsClient } from './clients.ts';

const RoleArn = 'arn:aws:iam::210987654321:role/lake-data';
const HOP = {
  RoleArn,
  RoleSessionName: 'reader@acme-prod',
  ExternalId: '7f3c',
} satisfies AssumeRoleCommandInput;

test('a session of the first role assumes the second, with the external ID alone', async (context) => {
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
  const keys = {
    accessKeyId: issued?.AccessKeyId ?? '',
    secretAccessKey: issued?.SecretAccessKey ?? '',
    sessionToken: issued?.SessionToken ?? '',
  };
  const { Arn } = await stsClient(sandbox, keys).send(new GetCallerIdentityCommand({}));
  assert.equal(Arn, 'arn:aws:sts::210987654321:assumed-role/lake-data/reader@acme-prod');
  await assert.rejects(sts.send(new AssumeRoleCommand({ ...HOP, ExternalId: 'other' })), {
    name: 'AccessDenied',
  });
  await assert.rejects(sts.send(new AssumeRoleCommand({ ...HOP, ExternalId: undefined })), {
    name: 'AccessDenied',
  });
});

test('a chained session lasts an hour at most', async (context) => {
  const sandbox = await sandboxFor(context);
  const sts = stsClient(sandbox, await assumed(sandbox));
  await assert.rejects(sts.send(new AssumeRoleCommand({ ...HOP, DurationSeconds: 3601 })), {
    name: 'ValidationError',
  });
});

test('a session policy on the first hop that leaves out sts:AssumeRole ends the chain', async (context) => {
  const sandbox = await sandboxFor(context);
  const policy = allowing({ Action: 's3:GetObject', Resource: '*' });
  const sts = stsClient(sandbox, await assumed(sandbox, { policy }));
  await assert.rejects(sts.send(new AssumeRoleCommand(HOP)), { name: 'AccessDenied' });
});

test('credentials that are altered or over are refused', async (context) => {
  const sandbox = await sandboxFor(context);
  const keys = await assumed(sandbox);
  const call = (changed: object) =>
    stsClient(sandbox, { ...keys, ...changed }).send(new GetCallerIdentityCommand({}));
  await assert.rejects(call({ secretAccessKey: 'x' }), { name: 'SignatureDoesNotMatch' });
  await assert.rejects(call({ sessionToken: 'AAAA' }), { name: 'InvalidClientTokenId' });
  await assert.rejects(call({ accessKeyId: 'ASIAAAAAAAAAAAAAAAAA' }), { name: 'InvalidClientTokenId' });
});
