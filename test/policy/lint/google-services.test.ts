// `fedbridge trust-policy --lint --for SERVICE` accepts statements that pin only :sub, but only for that service's account.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { SERVICE_ACCOUNTS } from '../../../src/policy/google-services.ts';
import type { GoogleServiceName } from '../../../src/policy/google-services.ts';
import { serviceTrustPolicy, trustPolicy } from '../../../src/policy/trust-policy.ts';
import { startSandbox } from '../../../src/sandbox/sandbox.ts';
import type { Sandbox } from '../../../src/sandbox/sandbox.ts';
import { assumed, control, identityToken } from '../../sandbox/clients.ts';
import { AUDIENCE, GOOD, pins, policy, statement, UNIQUE_ID } from './policies.ts';
import { lintedFor } from './program.ts';

const SUBJECT = '110334567890123456789';
const ANOTHER_ID = '112010400000000710080';

const subjectOnly = (...subjects: readonly string[]) =>
  statement({ Condition: { StringEquals: { 'accounts.google.com:sub': subjects } } });

describe('the trust policy for a Google service', () => {
  let sandbox: Sandbox;
  before(async () => {
    sandbox = await startSandbox();
  });
  after(() => sandbox.close());
  const ROLE = 'arn:aws:iam::123456789012:role/copied';
  const trust = (document: object) =>
    control(sandbox, 'PUT', '/roles', {
      arn: ROLE,
      trust: document,
      permissions: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 's3:*', Resource: '*' } },
    });
  const assume = (token: string) => assumed(sandbox, { role: ROLE, token });

  it("makes STS accept only that service's tokens, regardless of their azp and audience", async () => {
    await trust(serviceTrustPolicy(SUBJECT));
    await assume(sandbox.mint({ aud: 'undocumented', azp: SUBJECT, sub: SUBJECT }));
    await assume(sandbox.mint({ aud: SUBJECT, azp: 'undocumented', sub: SUBJECT }));
    for (const token of [
      await identityToken(sandbox, 'default', sandbox.contract.awsAudience),
      sandbox.mint({ aud: SUBJECT, azp: SUBJECT, sub: ANOTHER_ID }),
    ])
      await assert.rejects(assume(token), { name: 'AccessDenied' });
  });

  it("lets STS accept a Dataflow worker's token only for the audience in the pipeline's options", async () => {
    await trust(trustPolicy({ uniqueId: ANOTHER_ID, audience: 'aws-lake' }));
    await assume(sandbox.mint({ aud: 'aws-lake', azp: ANOTHER_ID, sub: ANOTHER_ID }));
    const other = sandbox.mint({ aud: 'https://other.example', azp: ANOTHER_ID, sub: ANOTHER_ID });
    await assert.rejects(assume(other), { name: 'AccessDenied' });
  });
});

for (const name of ['storage-transfer', 'bigquery'] as const satisfies readonly GoogleServiceName[]) {
  describe(`the trust policy lint with --for ${name}`, () => {
    const known = (document: object) => lintedFor(document, { service: { name, subject: SUBJECT } });
    const unknown = (document: object) => lintedFor(document, { service: { name } });
    const onlyLine = ({ code, lines }: ReturnType<typeof known>, expectedCode: number): string => {
      assert.deepEqual([code, lines.length], [expectedCode, 1], lines.join('\n'));
      return lines[0] ?? '';
    };

    it('accepts the policy that `fedbridge trust-policy` prints for the service', () => {
      assert.deepEqual(known(serviceTrustPolicy(SUBJECT)).lines, []);
    });
    it("accepts an additional statement for the bridge, but notes the bridge's ID", () => {
      const line = onlyLine(known(policy(GOOD, subjectOnly(SUBJECT))), 0);
      assert.match(line, new RegExp(`^Note: statement 1: trusts "${UNIQUE_ID}" in addition to "${SUBJECT}"`));
    });
    it('prints a note to check the ID if the option for the ID is missing', () => {
      const line = onlyLine(unknown(serviceTrustPolicy(SUBJECT)), 0);
      assert.match(
        line,
        new RegExp(`^Note: statement 1: trusts "${SUBJECT}" for any audience\\. Check that`),
      );
    });
    it('reports that the policy trusts a different ID', () => {
      const line = onlyLine(known(serviceTrustPolicy(ANOTHER_ID)), 1);
      assert.match(line, new RegExp(`^statement 1, .*:sub: must be "${SUBJECT}", but is "${ANOTHER_ID}"\\.`));
    });
    for (const [what, document] of [
      ['in the same statement', policy(subjectOnly(SUBJECT, ANOTHER_ID), subjectOnly(SUBJECT))],
      ['in another statement', policy(subjectOnly(ANOTHER_ID), subjectOnly(SUBJECT))],
    ] as const) {
      it(`reports missing pins for a second account ${what}`, () => {
        const { code, lines } = known(document);
        assert.deepEqual([code, lines.length], [1, 3], lines.join('\n'));
        assert.match(lines[0] ?? '', /^statement 1: does not pin accounts\.google\.com:aud: /);
        assert.match(lines[1] ?? '', /^statement 1: does not pin accounts\.google\.com:oaud: /);
        assert.match(lines[2] ?? '', /^Note: statement 1: trusts "\d+" in addition to /);
      });
    }
    it('reports a missing :sub, with the command that prints the right policy', () => {
      const nothing = onlyLine(known(policy(statement({ Condition: {} }))), 1);
      assert.match(nothing, /^statement 1: does not pin accounts\.google\.com:sub: anyone with a Google acc/);
      assert.ok(nothing.includes(`\`fedbridge trust-policy --for ${name} --`), nothing);
      const azp = { StringEquals: { 'accounts.google.com:aud': SUBJECT } };
      const onlyAzp = onlyLine(known(policy(statement({ Condition: azp }))), 1);
      assert.match(onlyAzp, /^statement 1: does not pin accounts\.google\.com:sub\. Pin :sub to the/);
    });
    it('notes conditions on undocumented claims', () => {
      const Condition = pins({ ':aud': SUBJECT, ':sub': SUBJECT, ':oaud': AUDIENCE });
      const { code, lines } = known(policy(statement({ Condition })));
      assert.deepEqual([code, lines.length], [0, 2], lines.join('\n'));
      assert.match(
        lines[0] ?? '',
        /^Note: statement 1: also pins .*:aud, but Google documents only the claim sub/,
      );
      assert.match(
        lines[1] ?? '',
        /^Note: statement 1: also pins .*:oaud, but Google documents only the claim sub/,
      );
    });
    it("reports an email instead of the ID, with the command that prints the service's ID", () => {
      const email = 'project-1@storage-transfer-service.example';
      const { code, lines } = unknown(policy(subjectOnly(email)));
      assert.deepEqual([code, lines.length], [1, 1], lines.join('\n'));
      assert.ok(lines[0]?.endsWith(`is an email. Write the unique ID: ${SERVICE_ACCOUNTS[name].command}`));
    });
    it('notes that the service calls STS from outside your network', () => {
      const Condition = {
        StringEquals: { 'accounts.google.com:sub': SUBJECT },
        IpAddress: { 'aws:SourceIp': '203.0.113.7/32' },
      };
      const line = onlyLine(known(policy(statement({ Condition }))), 0);
      assert.match(
        line,
        /^Note: .*SourceIp: matches only if .* calls STS from these addresses\. Remove this key/,
      );
      assert.doesNotMatch(line, /the bridge/);
    });
    it('reports values that match many tokens', () => {
      const Condition = { StringLike: { 'accounts.google.com:sub': '11033*' } };
      assert.match(onlyLine(unknown(policy(statement({ Condition }))), 1), /:sub: must be one value/);
    });
  });
}

describe('the trust policy lint', () => {
  const PROVIDER = 'arn:aws:iam::123456789012:oidc-provider/accounts.google.com';
  const registered = policy({ ...subjectOnly(SUBJECT), Principal: { Federated: PROVIDER } });
  it('shows how to keep a registered identity provider, but only with --for bigquery', () => {
    const lines = (name: GoogleServiceName) =>
      lintedFor(registered, { service: { name, subject: SUBJECT } }).lines.join('\n');
    assert.match(lines('bigquery'), /add-client-id-to-open-id-connect-provider/);
    assert.match(lines('storage-transfer'), /delete-open-id-connect-provider/);
    assert.doesNotMatch(lines('storage-transfer'), /add-client-id/);
  });
  it('reports, without --for, that pinning only :sub is not enough, and shows the option for a service', () => {
    const { code, lines } = lintedFor(serviceTrustPolicy(SUBJECT), {});
    assert.deepEqual([code, lines.length], [1, 2]);
    assert.match(
      lines[1] ?? '',
      /does not pin .*:oaud: .* rerun the lint with --for storage-transfer or --for bigquery/,
    );
  });
});
