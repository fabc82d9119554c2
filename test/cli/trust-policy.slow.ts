// `fedbridge trust-policy`, as its own process: what it prints opens a role to the bridge at STS, and to nobody else.
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

/** What it prints where it succeeds, with nothing else. */
async function printed(args: readonly string[], surroundings?: Surroundings): Promise<string> {
  const { code, stdout, stderr } = await runTrustPolicy(args, surroundings);
  assert.deepEqual([code, stderr], [0, '']);
  return stdout;
}

/** The pins of the one statement. */
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

const metadataAlone = () => ({
  environment: { GCE_METADATA_HOST: new URL(sandbox.contract.metadata).host },
});
const configured = (...changes: readonly Change[]) => ({
  environment: { ...metadataAlone().environment, FEDBRIDGE_CONFIG: `${sampleWith(...changes)}\n` },
});

describe('the trust policy', () => {
  it('for --unique-id is the one in the README, and none of the known mistakes', async () => {
    const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
    const [, block = ''] = /^```json\n([^]*?)^```/m.exec(readme) ?? [];
    const policy = await printed(['--unique-id', UNIQUE_ID]);
    assert.equal(policy, block);
    const { code, lines } = linted(policy, '--unique-id', UNIQUE_ID, '--audience', 'fedbridge');
    assert.deepEqual([code, lines], [0, []]);
  });

  it('of a machine without a configuration opens a role to that machine alone', async () => {
    const role = 'arn:aws:iam::123456789012:role/printed';
    const { awsAudience, audience, callers } = sandbox.contract;
    await control(sandbox, 'PUT', '/roles', {
      arn: role,
      trust: JSON.parse(await printed([], metadataAlone())) as object,
      permissions: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 's3:*', Resource: '*' } },
    });
    await assumed(sandbox, { role });
    for (const token of [
      await identityToken(sandbox, callers.stranger, awsAudience),
      await identityToken(sandbox, 'default', audience),
    ])
      await assert.rejects(assumed(sandbox, { role, token }), { name: 'AccessDenied' });
  });

  it('is for the audience that is given, else the configuration’s, else fedbridge', async () => {
    const odd = 'sts & "lake"';
    assert.deepEqual(pinsIn(await printed([], metadataAlone())), pinned('fedbridge'));
    const surroundings = configured(['aws audience', 'sts-lake']);
    assert.deepEqual(pinsIn(await printed([], surroundings)), pinned('sts-lake'));
    assert.deepEqual(pinsIn(await printed(['lake'], surroundings)), pinned('sts-lake'));
    assert.deepEqual(pinsIn(await printed(['--audience', odd], surroundings)), pinned(odd));
  });

  it('is for the unique ID that is given, whoever runs it', async () => {
    const other = '112010400000000710080';
    const policy = await printed(['--unique-id', other], configured(['aws audience', 'sts-lake']));
    assert.deepEqual(pinsIn(policy), pinned('sts-lake', other));
  });

  it('takes --config in the place of FEDBRIDGE_CONFIG', async () => {
    const path = file('other.yaml', sampleWith(['aws audience', 'sts-other']));
    const policy = await printed(['--config', path, 'lake'], configured(['aws audience', 'sts-lake']));
    assert.deepEqual(pinsIn(policy), pinned('sts-other'));
  });

  it('needs no configuration where ID and audience are given, be it right or wrong', async () => {
    const broken = { environment: { FEDBRIDGE_CONFIG: '/nowhere/fedbridge.yaml' } };
    const policy = await printed(['--unique-id', UNIQUE_ID, '--audience', 'fedbridge'], broken);
    assert.deepEqual(pinsIn(policy), pinned('fedbridge'));
    const { code, stdout, stderr } = await runTrustPolicy(['--unique-id', UNIQUE_ID], broken);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /FEDBRIDGE_CONFIG: .*"\/nowhere\/fedbridge\.yaml" does not exist/);
  });
});

describe('it says with a remedy, on standard error alone, that', () => {
  const refused = async (args: readonly string[], surroundings: Surroundings, said: RegExp) => {
    const { code, stdout, stderr } = await runTrustPolicy(args, surroundings);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, said);
  };
  it('an e-mail is no unique ID, and how to find that', async () => {
    const email = 'fedbridge@acme-prod.iam.gserviceaccount.com';
    const said = new RegExp(
      `^fedbridge trust-policy: --unique-id: must be the number .*"${email}" is an e-mail\\. Find it: gcloud iam service-accounts describe ${email} --format='value\\(uniqueId\\)'\n$`,
    );
    await refused(['--unique-id', email], {}, said);
  });
  it('other text is none either, and does not become part of a command', async () => {
    const said =
      /--unique-id: .*"x@y; rm -rf" is none\. Find it: gcloud iam service-accounts describe EMAIL /;
    await refused(['--unique-id', 'x@y; rm -rf'], {}, said);
  });
  it('an audience is no empty text', () => refused(['--audience', ' '], {}, /--audience: must be a text/));
  it('there is no such role', () =>
    refused(
      ['lakes'],
      configured(),
      /ROLE: must be the name of a role, not "lakes"\. Did you mean "lake"\?/,
    ));
  it('a role needs a configuration', () =>
    refused(
      ['lake'],
      metadataAlone(),
      /ROLE: .* where there is no configuration, not "lake"\. .*--config FILE/,
    ));
  it('there is no metadata server', () =>
    refused(
      [],
      { environment: { GCE_METADATA_HOST: '127.0.0.1:1' } },
      /^fedbridge trust-policy: no --unique-id is given, and no identity token tells it: metadata_\w+ \(.*\)\. The metadata server .*\n$/,
    ));
  it('an AWS profile is no Google identity', () =>
    refused(
      [],
      configured(['identity', { profile: 'lake' }]),
      /identity: is an AWS profile, which has no Google identity\. .*--unique-id ID\.\n$/,
    ));
  it('a token whose azp is an e-mail would not fit, and nothing of the token', async () => {
    const { serviceAccount, awsAudience } = sandbox.contract;
    const token = sandbox.mint({ aud: awsAudience, azp: serviceAccount.email, sub: serviceAccount.uniqueId });
    const identity = { file: file('token', token) };
    const { code, stdout, stderr } = await runTrustPolicy([], configured(['identity', identity]));
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(
      stderr,
      /identity token: must have .* as azp and as sub, and has "fedbridge@.*includeEmail: false/,
    );
    assert.ok(token.split('.').every((part) => !stderr.includes(part)));
  });
});

describe('wrong usage is', () => {
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
    it(args.join(' '), async () => {
      const { code, stdout, stderr } = await runTrustPolicy(args);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, /^fedbridge trust-policy: \S.*\.\nUsage: fedbridge trust-policy \[/);
    });
  }
});
