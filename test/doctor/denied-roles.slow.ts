// If STS returns an error or is unreachable, `fedbridge doctor` reports this problem and its fix as the first ✗.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { TO_LAKE_DATA } from '../support/chain.ts';
import { withRoles } from '../cli/as-the-bridge.ts';
import { firstWrong, openClinic, stepsThatAre } from './diagnosis.ts';
import type { Clinic } from './diagnosis.ts';

let clinic: Clinic;
before(async () => {
  clinic = await openClinic();
});
after(() => clinic.close());
afterEach(() => clinic.heal());

const CLOUD_RUN = { K_SERVICE: 'lake-bridge', K_REVISION: 'lake-bridge-7' };

describe('fedbridge doctor, with a role that STS rejects', () => {
  const ERRORS: readonly (readonly [string, { code: string; message?: string }, string, RegExp])[] = [
    [
      'STS is not activated in the region',
      { code: 'RegionDisabledException' },
      'sts_region_disabled',
      /STS is not activated in aws\.region for this account/,
    ],
    [
      'an OIDC provider is registered for Google',
      { code: 'InvalidIdentityToken', message: 'Incorrect token audience' },
      'sts_oidc_provider_registered',
      /an IAM OIDC provider registered for accounts\.google\.com.*delete it/,
    ],
    [
      'an OIDC provider is registered for Google (second error message)',
      {
        code: 'InvalidIdentityToken',
        message: 'No OpenIDConnect provider found in your account for https://accounts.google.com',
      },
      'sts_oidc_provider_registered',
      /delete it/,
    ],
    ['the token is invalid', { code: 'InvalidIdentityToken' }, 'sts_token_invalid', /Check aws\.audience/],
    [
      'the token has expired',
      { code: 'ExpiredTokenException' },
      'sts_token_expired',
      /check this machine's clock/,
    ],
    [
      'Google rejects a claim',
      { code: 'IDPRejectedClaim' },
      'sts_claim_rejected',
      /whether the service account is disabled/,
    ],
    ['STS is throttling', { code: 'Throttling' }, 'sts_throttled', /STS is throttling this account/],
    ['STS failed', { code: 'InternalFailure' }, 'sts_failed', /AWS Health Dashboard/],
    [
      'the duration is too long',
      {
        code: 'ValidationError',
        message: 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
      },
      'sts_duration_too_long',
      /Lower `duration`, or raise MaxSessionDuration/,
    ],
  ];
  for (const [what, error, fault, fix] of ERRORS)
    it(`reports that ${what}`, async () => {
      await clinic.fault({ upstream: 'sts', fault: 'error', ...error });
      const diagnosis = await clinic.diagnose();
      const step = firstWrong(diagnosis, 'role lake');
      assert.deepEqual([step.fault, step.found], [fault, `cannot be assumed: ${fault}`]);
      assert.match(step.fix ?? '', fix);
      assert.equal(step.compared?.['STS region'], 'eu-west-1');
      assert.deepEqual(stepsThatAre('unknown', diagnosis), ['buckets of role lake']);
    });
});

describe('fedbridge doctor, if STS is unreachable', () => {
  const hostOfSts = (): string => new URL(clinic.contract.sts).host;

  it('explains the network egress settings that a machine outside Cloud Run needs', async () => {
    await clinic.fault({ upstream: 'sts', fault: 'refuse' });
    const step = firstWrong(await clinic.diagnose(), 'role lake');
    assert.deepEqual(step.compared, { requested: clinic.contract.sts, error: 'ECONNREFUSED' });
    assert.ok(step.fix?.startsWith(`This machine cannot reach ${hostOfSts()}. `), JSON.stringify(step));
    assert.match(step.fix ?? '', /without an external address needs Cloud NAT.*TCP 443/);
  });

  it('explains the network egress settings that Cloud Run needs', async () => {
    await clinic.fault({ upstream: 'sts', fault: 'refuse' });
    const step = firstWrong(await clinic.diagnose([], CLOUD_RUN), 'role lake');
    assert.equal(step.fault, 'sts_unreachable');
    assert.ok(step.fix?.startsWith(`This service cannot reach ${hostOfSts()}. `), JSON.stringify(step));
    assert.match(step.fix ?? '', /VPC egress for all traffic, its subnet needs Cloud NAT/);
  });

  it('explains the network egress settings that Cloud Run needs if packets are dropped', async () => {
    await clinic.fault({ upstream: 'sts', fault: 'hang' });
    const diagnosis = await clinic.diagnose([], CLOUD_RUN);
    assert.match(diagnosis.steps.find(({ step }) => step === 'clock')?.found ?? '', /AWS's clock is unknown/);
    const step = firstWrong(diagnosis, 'role lake');
    assert.equal(step.fault, 'sts_timeout');
    assert.match(step.fix ?? '', /VPC egress for all traffic, its subnet needs Cloud NAT/);
  });

  it('does not mention network egress if the host does not exist', async () => {
    const step = firstWrong(
      await clinic.diagnose([], { AWS_ENDPOINT_URL_STS: 'https://sts.eu-wset-1.invalid' }),
      'role lake',
    );
    assert.match(
      step.fix ?? '',
      /^DNS has no address for sts\.eu-wset-1\.invalid: check the configured region/,
    );
  });
});

describe('fedbridge doctor, with one of several roles denied', () => {
  it("reports the roles in order, and checks the other roles' buckets", async () => {
    const { role, bucket } = clinic.contract;
    const yaml = withRoles(clinic.contract, {
      lake: `arn: "${role}"`,
      theirs: 'arn: "arn:aws:iam::210987654321:role/trusts-another"',
      gone: 'arn: "arn:aws:iam::123456789012:role/gone"',
      own: `arn: "${role}", session: bridge, then: [{ ${TO_LAKE_DATA} }]`,
    }).replace(
      `buckets: { ${bucket}: { role: lake } }`,
      `buckets: { ${bucket}: { role: lake }, acme-theirs: { role: theirs }, acme-more: { role: theirs } }`,
    );
    const diagnosis = await clinic.diagnose(clinic.configured(yaml));
    firstWrong(diagnosis, 'role theirs');
    const roles = diagnosis.steps.filter(({ step }) => step.startsWith('role '));
    assert.deepEqual(
      roles.map(({ step, outcome }) => [step, outcome]),
      [
        ['role lake', 'fine'],
        ['role theirs', 'wrong'],
        ['role gone', 'wrong'],
        ['role own', 'fine'],
      ],
    );
    assert.match(String(roles[3]?.compared?.['assumed role']), /lake-data\/acme-prod\.fedbridge-sandbox$/);
    const buckets = diagnosis.steps.filter(({ step }) => step.startsWith('bucket'));
    assert.deepEqual(
      buckets.map(({ step, outcome }) => [step, outcome]),
      [
        ['buckets of role theirs', 'unknown'],
        [`bucket ${bucket}, whole bucket`, 'fine'],
      ],
    );
    assert.match(buckets[0]?.found ?? '', /acme-theirs, acme-more/);
  });
});
