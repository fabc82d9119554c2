// `fedbridge doctor` supports role chains, and AWS profiles that replace a Google identity. It reports the final session or the
// error.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { LAKE_DATA, TO_LAKE_DATA } from '../support/chain.ts';
import { withRoles } from '../cli/as-the-bridge.ts';
import { firstWrong, openClinic, stepsThatAre } from './diagnosis.ts';
import type { Clinic } from './diagnosis.ts';

let clinic: Clinic;
before(async () => {
  clinic = await openClinic();
});
after(() => clinic.close());
afterEach(() => clinic.heal());

describe('fedbridge doctor, with a chain of roles', () => {
  const chained = (hops: string): readonly string[] =>
    clinic.configured(
      withRoles(clinic.contract, { data: `arn: "${clinic.contract.role}", then: [${hops}]` }),
    );

  it('reports the final session', async () => {
    const { code, steps } = await clinic.diagnose(chained(`{ ${TO_LAKE_DATA} }`));
    assert.equal(code, 0);
    const role = steps.find(({ step }) => step === 'role data');
    assert.match(role?.found ?? '', /^assumed through 1 chained role, for 60 min$/);
    assert.match(
      String(role?.compared?.['assumed role']),
      /^arn:aws:sts::210987654321:assumed-role\/lake-data\//,
    );
  });

  it('reports which hop was denied, which session requested it, and the command that prints the required trust policy', async () => {
    const diagnosis = await clinic.diagnose(chained(`{ arn: "${LAKE_DATA}", externalId: wr0ng }`));
    const step = firstWrong(diagnosis, 'role data');
    assert.deepEqual(
      [step.fault, step.compared?.['hop'], step.compared?.['roleArn']],
      ['sts_hop_denied', 1, LAKE_DATA],
    );
    assert.match(String(step.compared?.['assumedBy']), /assumed-role\/gcp-lake-read\//);
    assert.match(step.fix ?? '', /`fedbridge trust-policy data --hop 1`/);
    assert.ok(!JSON.stringify(diagnosis).includes('wr0ng'), 'an external ID is a shared secret');
    assert.deepEqual(stepsThatAre('unknown', diagnosis), ['buckets of role data']);
  });

  it('reports a denied first role in the same way as a role without hops', async () => {
    await clinic.fault({ upstream: 'sts', fault: 'error', code: 'AccessDenied' });
    const step = firstWrong(await clinic.diagnose(chained(`{ ${TO_LAKE_DATA} }`)), 'role data');
    assert.equal(step.fault, 'sts_denied');
    assert.match(step.fix ?? '', /--role-name gcp-lake-read/);
  });
});

describe('fedbridge doctor, configured with an AWS profile', () => {
  const OPEN = 'arn:aws:iam::123456789012:role/open-to-owner';
  const allowing = (statement: object): object => ({
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', ...statement },
  });
  const open = async (principal: string): Promise<void> => {
    await clinic.control('PUT', '/roles', {
      arn: OPEN,
      permissions: allowing({ Action: 's3:*', Resource: '*' }),
      trust: allowing({ Action: 'sts:AssumeRole', Principal: { AWS: principal } }),
    });
  };
  const asProfile = (fields: readonly string[]): readonly [readonly string[], Record<string, string>] => {
    const config = clinic.file('aws-config', ['[profile laptop]', ...fields, ''].join('\n'));
    return [
      clinic.configured(
        withRoles(clinic.contract, { open: `arn: "${OPEN}"` }, 'identity: { profile: laptop }'),
      ),
      { AWS_CONFIG_FILE: config },
    ];
  };
  const ownersKeys = (): readonly string[] => {
    const { accessKeyId, secretAccessKey } = clinic.contract.owner;
    return [`aws_access_key_id = ${accessKeyId}`, `aws_secret_access_key = ${secretAccessKey}`];
  };

  it('reports no problems if the profile works', async () => {
    await open('arn:aws:iam::123456789012:root');
    const { code, steps } = await clinic.diagnose(...asProfile(ownersKeys()));
    assert.equal(code, 0, JSON.stringify(steps, null, 2));
    const profile = steps.find(({ step }) => step === 'AWS profile');
    assert.deepEqual([profile?.outcome, profile?.compared], ['fine', { profile: 'laptop' }]);
    assert.ok(!steps.some(({ step }) => step === 'identity token' || step === 'metadata server'));
    assert.equal(
      steps.at(-1)?.found,
      'may read objects (a missing object returns 403 because the grant does not allow list), denies lists outside the grant',
    );
  });

  it('reports that the profile requires an MFA code but there is no terminal', async () => {
    const { accessKeyId, secretAccessKey, mfaSerial } = clinic.contract.developer;
    const diagnosis = await clinic.diagnose(
      ...asProfile([
        'role_arn = arn:aws:iam::123456789012:role/developer',
        'source_profile = laptop',
        `mfa_serial = ${mfaSerial}`,
        `aws_access_key_id = ${accessKeyId}`,
        `aws_secret_access_key = ${secretAccessKey}`,
      ]),
    );
    const step = firstWrong(diagnosis, 'AWS profile');
    assert.equal(step.fault, 'profile_mfa_no_terminal');
    assert.match(step.fix ?? '', /no terminal in which to enter the code/);
    assert.deepEqual(stepsThatAre('unknown', diagnosis), ["Google's keys", 'roles', 'buckets']);
  });

  it('reports that the profile does not exist', async () => {
    const [args] = asProfile([]);
    const diagnosis = await clinic.diagnose(args, { AWS_CONFIG_FILE: '/nowhere' });
    assert.equal(firstWrong(diagnosis, 'AWS profile').fault, 'profile_unresolved');
  });

  it('reports that the role does not trust the profile', async () => {
    await open('arn:aws:iam::210987654321:root');
    const step = firstWrong(await clinic.diagnose(...asProfile(ownersKeys())), 'role open');
    assert.equal(step.fault, 'sts_hop_denied');
    assert.match(
      step.fix ?? '',
      /Check that the role trusts the profile's identity \(`aws sts get-caller-identity --profile NAME`\)/,
    );
  });

  it('reports that the profile leads back to itself', async () => {
    const diagnosis = await clinic.diagnose(asProfile([])[0], {
      FEDBRIDGE_ASKED_PROFILES: 'laptop',
    });
    assert.match(firstWrong(diagnosis, 'configuration').found, /must not depend on itself/);
  });
});
