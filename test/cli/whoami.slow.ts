// As a child process, `fedbridge whoami` prints the bridge's Google identity, and its AWS identity in each role.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { LAKE_DATA, TO_LAKE_DATA } from '../support/chain.ts';
import { startAsTheBridge, withRoles } from './as-the-bridge.ts';
import type { AsTheBridge } from './as-the-bridge.ts';

let here: AsTheBridge;
let lake: string;
before(async () => {
  here = await startAsTheBridge();
  lake = `arn: "${here.contract.role}"`;
});
after(() => here.close());

const ANOTHERS = 'arn:aws:iam::210987654321:role/trusts-another';

interface Report {
  readonly identity: Readonly<Record<string, unknown>>;
  readonly roles: readonly (Readonly<Record<string, unknown>> & {
    readonly detail?: Readonly<Record<string, unknown>>;
  })[];
}

/** @param code the expected exit code; standard error must be empty */
async function reported(
  code: number,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Report> {
  const outcome = await here.run(['whoami', '--json', ...args], environment);
  assert.deepEqual([outcome.code, outcome.stderr], [code, '']);
  return JSON.parse(outcome.stdout) as Report;
}

const configured = (roles: Readonly<Record<string, string>>, more?: string): readonly string[] => [
  '--config',
  here.file('whoami.yaml', withRoles(here.contract, roles, more)),
];

describe('fedbridge whoami', () => {
  it("describes the bridge's identity, and exits with code 0 if all roles can be assumed", async () => {
    const { code, stdout, stderr } = await here.run(['whoami']);
    assert.deepEqual([code, stderr], [0, '']);
    const { serviceAccount, role } = here.contract;
    assert.equal(
      stdout.replace(/\d{4}-\d\d-\d\dT[\d:]+\.000Z/, 'TIME'),
      `Google identity from the metadata server
  email      ${serviceAccount.email}
  unique ID  ${serviceAccount.uniqueId}
  audience   fedbridge
  expires    TIME

lake (${role})
  arn:aws:sts::123456789012:assumed-role/gcp-lake-read/fedbridge@acme-prod
`,
    );
  });

  it('prints the Google and AWS identities as JSON, including the last role in each chain', async () => {
    const roles = {
      lake,
      data: `${lake}, then: [{ ${TO_LAKE_DATA} }]`,
    };
    const { identity, roles: reportedRoles } = await reported(0, configured(roles));
    const { email, uniqueId } = here.contract.serviceAccount;
    assert.deepEqual(
      [identity['source'], identity['email'], identity['uniqueId'], identity['audience']],
      [{ kind: 'metadata' }, email, uniqueId, 'fedbridge'],
    );
    assert.ok(Date.parse(String(identity['expires'])) > Date.now());
    assert.deepEqual(reportedRoles, [
      {
        name: 'lake',
        arn: here.contract.role,
        callerIdentity: 'arn:aws:sts::123456789012:assumed-role/gcp-lake-read/fedbridge@acme-prod',
      },
      {
        name: 'data',
        arn: here.contract.role,
        callerIdentity: 'arn:aws:sts::210987654321:assumed-role/lake-data/fedbridge@acme-prod',
      },
    ]);
    const named = await reported(0, configured({ lake: `${lake}, session: bridge` }));
    assert.match(
      String(named.roles[0]?.['callerIdentity']),
      /assumed-role\/gcp-lake-read\/acme-prod\.fedbridge-sandbox$/,
    );
  });

  it('shows the values that AWS compared and the fix for each role that cannot be assumed, and exits with code 1', async () => {
    const roles = { lake, theirs: `arn: "${ANOTHERS}"`, data: `${lake}, then: [{ arn: "${LAKE_DATA}" }]` };
    const { roles: reportedRoles } = await reported(1, configured(roles));
    const [assumable, theirs, data] = reportedRoles;
    assert.ok(assumable?.['callerIdentity']);
    const { uniqueId } = here.contract.serviceAccount;
    assert.equal(theirs?.['fault'], 'sts_denied');
    assert.match(String(theirs['remedy']), /its trust policy does not match the bridge's token/);
    const { detail = {} } = theirs;
    assert.deepEqual(
      ['aud', 'oaud', 'sub'].map((key) => detail[`accounts.google.com:${key}`]),
      [uniqueId, 'fedbridge', uniqueId],
    );
    assert.equal(data?.['fault'], 'sts_hop_denied');
    assert.equal(data.detail?.['roleArn'], LAKE_DATA);
    assert.equal(data.detail['needs'], 'sts:AssumeRole');
    assert.match(String(data.detail['assumedBy']), /assumed-role\/gcp-lake-read\/fedbridge@acme-prod$/);

    const inWords = await here.run(['whoami', ...configured(roles)]);
    assert.deepEqual([inWords.code, inWords.stderr], [1, '']);
    assert.match(inWords.stdout, /^ {2}arn:aws:sts::\d+:assumed-role\/gcp-lake-read\/fedbridge@acme-prod$/m);
    assert.match(inWords.stdout, new RegExp(`^theirs \\(${ANOTHERS}\\)\n {2}sts_denied\n`, 'm'));
    assert.match(inWords.stdout, new RegExp(`^ {2}accounts\\.google\\.com:sub +${uniqueId}$`, 'm'));
    assert.match(inWords.stdout, /^ {2}The role does not exist, or its trust policy does not match/m);
  });

  it('shows only the Google identity if there is no configuration', async () => {
    await here.control('DELETE', '/calls');
    const { code, stdout } = await here.run(['whoami'], { FEDBRIDGE_CONFIG: '', AWS_REGION: '' });
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`^ {2}unique ID +${here.contract.serviceAccount.uniqueId}$`, 'm'));
    assert.match(
      stdout,
      /^There are no roles to show, because there is no configuration\. Pass --config FILE or set FEDBRIDGE_CONFIG\.$/m,
    );
    assert.deepEqual(await here.calls('sts'), []);
  });

  it('assumes no role if it has no identity token', async () => {
    await here.control('DELETE', '/calls');
    const { identity, roles } = await reported(1, [], { GCE_METADATA_HOST: '127.0.0.1:1' });
    assert.deepEqual(
      [identity['source'], identity['fault'], roles],
      [{ kind: 'metadata' }, 'metadata_unreachable', []],
    );
    assert.match(String(identity['remedy']), /^The metadata server is unreachable/);
    assert.deepEqual(await here.calls('sts'), []);
  });

  it('prints no token, key or signature, even if STS rejects requests', async () => {
    const roles = {
      lake,
      theirs: `arn: "${ANOTHERS}"`,
      data: `${lake}, then: [{ arn: "${LAKE_DATA}", externalId: 7f3d }]`,
    };
    const { code, stdout, stderr } = await here.run(['whoami', ...configured(roles)]);
    assert.deepEqual([code, stderr], [1, '']);
    assert.doesNotMatch(stdout, /eyJ|ASIA|AKIA/);
  });
});

describe('fedbridge whoami with an AWS profile as its identity', () => {
  const OPEN = 'arn:aws:iam::123456789012:role/open-to-owner';
  const inProfiles = (fields: readonly string[]): Record<string, string> => ({
    AWS_CONFIG_FILE: here.file('aws-config', ['[profile laptop]', ...fields, ''].join('\n')),
    AWS_PROFILE: 'laptop',
  });

  it("assumes the configured roles with the profile's credentials", async () => {
    const policy = (statement: object) => ({
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', ...statement },
    });
    const trust = policy({ Action: 'sts:AssumeRole', Principal: { AWS: 'arn:aws:iam::123456789012:root' } });
    const permissions = policy({ Action: 's3:GetObject', Resource: '*' });
    await here.control('PUT', '/roles', { arn: OPEN, trust, permissions });
    const { accessKeyId, secretAccessKey } = here.contract.owner;
    const keys = [`aws_access_key_id = ${accessKeyId}`, `aws_secret_access_key = ${secretAccessKey}`];
    const { identity, roles } = await reported(0, configured({ open: `arn: "${OPEN}"` }), inProfiles(keys));
    assert.deepEqual(identity, { source: { kind: 'profile', name: 'laptop' } });
    assert.match(
      String(roles[0]?.['callerIdentity']),
      /^arn:aws:sts::123456789012:assumed-role\/open-to-owner\//,
    );
  });

  it('reports why the profile has no credentials', async () => {
    const { identity } = await reported(1, [], inProfiles(['credential_process = false']));
    assert.equal(identity['fault'], 'profile_process_failed');
    const { accessKeyId, secretAccessKey, mfaSerial } = here.contract.developer;
    const mfa = [
      'role_arn = arn:aws:iam::123456789012:role/developer',
      'source_profile = laptop',
      `mfa_serial = ${mfaSerial}`,
      `aws_access_key_id = ${accessKeyId}`,
      `aws_secret_access_key = ${secretAccessKey}`,
    ];
    assert.equal((await reported(1, [], inProfiles(mfa))).identity['fault'], 'profile_mfa_no_terminal');
  });
});
