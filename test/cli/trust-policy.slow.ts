// The trust policy that `fedbridge trust-policy` prints lets only the bridge assume a role through STS.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { sampleWith } from '../config/sample.ts';
import type { Change } from '../config/sample.ts';
import { assumed, control, identityToken } from '../sandbox/clients.ts';
import { UNIQUE_ID } from '../policy/lint/policies.ts';
import { linted, runTrustPolicy } from '../policy/lint/program.ts';
import type { Surroundings } from '../policy/lint/program.ts';

const directory = mkdtempSync(join(tmpdir(), 'fedbridge-trust-policy-'));
let sandbox: Sandbox;
before(async () => {
  sandbox = await startSandbox();
});
after(async () => {
  rmSync(directory, { recursive: true });
  await sandbox.close();
});

const file = (name: string, text: string): string => {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
};

/** @returns the output of a run that must succeed and write nothing to standard error */
async function printed(args: readonly string[], surroundings?: Surroundings): Promise<string> {
  const { code, stdout, stderr } = await runTrustPolicy(args, surroundings);
  assert.deepEqual([code, stderr], [0, '']);
  return stdout;
}

/** @returns the pinned values in the only statement of a policy */
function pinsIn(text: string): Record<string, string> {
  const { Statement } = JSON.parse(text) as {
    Statement: { Condition: { StringEquals: Record<string, string> } }[];
  };
  assert.equal(Statement.length, 1);
  return Statement[0]?.Condition.StringEquals ?? {};
}

const pinned = (audience: string, uniqueId = UNIQUE_ID) => ({
  'accounts.google.com:aud': uniqueId,
  'accounts.google.com:oaud': audience,
  'accounts.google.com:sub': uniqueId,
});

const onlyMetadata = () => ({
  environment: { GCE_METADATA_HOST: new URL(sandbox.contract.metadata).host },
});
const configured = (...changes: readonly Change[]) => ({
  environment: { ...onlyMetadata().environment, FEDBRIDGE_CONFIG: `${sampleWith(...changes)}\n` },
});

describe('the trust policy that fedbridge prints', () => {
  it('equals the one in docs/how-to/aws-role.md and passes the lint if --unique-id is given', async () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/how-to/aws-role.md'), 'utf8');
    const [, block = ''] = /^```json\n([^]*?)^```/m.exec(page) ?? [];
    const policy = await printed(['--unique-id', UNIQUE_ID]);
    assert.equal(policy, block);
    const { code, lines } = linted(policy, '--unique-id', UNIQUE_ID, '--audience', 'fedbridge');
    assert.deepEqual([code, lines], [0, []]);
  });

  it("lets only this machine's service account assume a role if there is no configuration", async () => {
    const role = 'arn:aws:iam::123456789012:role/printed';
    const { awsAudience, audience, callers } = sandbox.contract;
    await control(sandbox, 'PUT', '/roles', {
      arn: role,
      trust: JSON.parse(await printed([], onlyMetadata())) as object,
      permissions: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 's3:*', Resource: '*' } },
    });
    await assumed(sandbox, { role });
    for (const token of [
      await identityToken(sandbox, callers.stranger, awsAudience),
      await identityToken(sandbox, 'default', audience),
    ])
      await assert.rejects(assumed(sandbox, { role, token }), { name: 'AccessDenied' });
  });

  it('pins the audience in --audience, or the configured one, or "fedbridge" if neither is set', async () => {
    const odd = 'sts & "lake"';
    assert.deepEqual(pinsIn(await printed([], onlyMetadata())), pinned('fedbridge'));
    const surroundings = configured(['aws audience', 'sts-lake']);
    assert.deepEqual(pinsIn(await printed([], surroundings)), pinned('sts-lake'));
    assert.deepEqual(pinsIn(await printed(['lake'], surroundings)), pinned('sts-lake'));
    assert.deepEqual(pinsIn(await printed(['--audience', odd], surroundings)), pinned(odd));
  });

  it('pins the unique ID in --unique-id, for any bridge identity', async () => {
    const other = '112010400000000710080';
    const policy = await printed(['--unique-id', other], configured(['aws audience', 'sts-lake']));
    assert.deepEqual(pinsIn(policy), pinned('sts-lake', other));
  });

  it('matches the configuration in --config even if FEDBRIDGE_CONFIG is also set', async () => {
    const path = file('other.yaml', sampleWith(['aws audience', 'sts-other']));
    const policy = await printed(['--config', path, 'lake'], configured(['aws audience', 'sts-lake']));
    assert.deepEqual(pinsIn(policy), pinned('sts-other'));
  });

  it('is printed despite an invalid configuration if both the unique ID and the audience are given', async () => {
    const broken = { environment: { FEDBRIDGE_CONFIG: '/nowhere/fedbridge.yaml' } };
    const policy = await printed(['--unique-id', UNIQUE_ID, '--audience', 'fedbridge'], broken);
    assert.deepEqual(pinsIn(policy), pinned('fedbridge'));
    const { code, stdout, stderr } = await runTrustPolicy(['--unique-id', UNIQUE_ID], broken);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /FEDBRIDGE_CONFIG: .*"\/nowhere\/fedbridge\.yaml" does not exist/);
  });
});

describe('fedbridge trust-policy', () => {
  const rejected = async (args: readonly string[], surroundings: Surroundings, expected: RegExp) => {
    const { code, stdout, stderr } = await runTrustPolicy(args, surroundings);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, expected);
  };
  it('prints only an error if --unique-id is an email, and shows the command that finds the ID', async () => {
    const email = 'fedbridge@acme-prod.iam.gserviceaccount.com';
    const expected = new RegExp(
      `^fedbridge trust-policy: --unique-id: must be the service account's numeric unique ID, but "${email}" is an email\\. To find the ID, run: gcloud iam service-accounts describe ${email} --format='value\\(uniqueId\\)'\n$`,
    );
    await rejected(['--unique-id', email], {}, expected);
  });
  it('prints only an error if --unique-id is invalid, and does not copy its value into a command', async () => {
    const expected =
      /--unique-id: .*"x@y; rm -rf" is not a unique ID\. To find the ID, run: gcloud iam service-accounts describe EMAIL /;
    await rejected(['--unique-id', 'x@y; rm -rf'], {}, expected);
  });
  it('prints only an error if the audience is blank', () =>
    rejected(['--audience', ' '], {}, /--audience: must not begin or end with a space/));
  it('prints only an error if the role is unknown', () =>
    rejected(
      ['lakes'],
      configured(),
      /ROLE: must be the name of a role, not "lakes"\. Did you mean "lake"\?/,
    ));
  it('prints only an error if a role name is given without a configuration', () =>
    rejected(
      ['lake'],
      onlyMetadata(),
      /ROLE: .*, not "lake", because there is no configuration\. .*--config FILE/,
    ));
  it('prints only an error if the metadata server is unreachable', () =>
    rejected(
      [],
      { environment: { GCE_METADATA_HOST: '127.0.0.1:1' } },
      /^fedbridge trust-policy: the unique ID is unknown: --unique-id was not given, and there is no identity token: metadata_\w+ \(.*\)\. The metadata server .*\n$/,
    ));
  it('prints only an error if the identity is an AWS profile, which has no Google identity', () =>
    rejected(
      [],
      configured(['identity', { profile: 'lake' }]),
      /identity: is an AWS profile, which has no Google identity\. Set --unique-id to the unique ID of the service account that the role should trust\.\n$/,
    ));
  it("prints only an error, without the token, if the token's azp claim is an email", async () => {
    const { serviceAccount, awsAudience } = sandbox.contract;
    const token = sandbox.mint({ aud: awsAudience, azp: serviceAccount.email, sub: serviceAccount.uniqueId });
    const identity = { file: file('token', token) };
    const { code, stdout, stderr } = await runTrustPolicy([], configured(['identity', identity]));
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(
      stderr,
      /identity token: must have .* as azp and sub, but has azp "fedbridge@.*includeEmail: false/,
    );
    assert.ok(token.split('.').every((part) => !stderr.includes(part)));
  });
});

describe('fedbridge trust-policy', () => {
  for (const args of [
    ['--verbose'],
    ['--unique-id'],
    ['--unique-id', ''],
    ['--audience', 'a', '--audience', 'b'],
    ['lake', 'other'],
    ['--hop', '1'],
    ['lake', '--hop', '0'],
    ['lake', '--hop', 'x'],
    ['lake', '--hop', '1', '--audience', 'x'],
    ['--lint'],
    ['--lint', 'policy.json', 'lake'],
    ['--lint', 'policy.json', '--config', 'x.yaml'],
  ]) {
    it(`prints its usage for the arguments ${args.join(' ')}`, async () => {
      const { code, stdout, stderr } = await runTrustPolicy(args);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, /^fedbridge trust-policy: \S.*\.\nUsage: fedbridge trust-policy \[/);
    });
  }
});
