// Each refusal of STS, and each way not to reach it, is the first ✗ of `fedbridge doctor`, with what to do about it.
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

describe('fedbridge doctor names what STS has against a role', () => {
  const ERRORS: readonly (readonly [string, { code: string; message?: string }, string, RegExp])[] = [
    [
      'a region where it is not activated',
      { code: 'RegionDisabledException' },
      'sts_region_disabled',
      /STS is not activated in aws\.region for this account/,
    ],
    [
      'a provider that is registered for Google',
      { code: 'InvalidIdentityToken', message: 'Incorrect token audience' },
      'sts_oidc_provider_registered',
      /an IAM OIDC provider registered for accounts\.google\.com.*delete it/,
    ],
    [
      'such a provider, in its other words',
      {
        code: 'InvalidIdentityToken',
        message: 'No OpenIDConnect provider found in your account for https://accounts.google.com',
      },
      'sts_oidc_provider_registered',
      /delete it/,
    ],
    [
      'a token that it does not take',
      { code: 'InvalidIdentityToken' },
      'sts_token_invalid',
      /Check aws\.audience/,
    ],
    ['a token that has ended', { code: 'ExpiredTokenException' }, 'sts_token_expired', /check the clock/],
    [
      'a claim that Google rejects',
      { code: 'IDPRejectedClaim' },
      'sts_claim_rejected',
      /is the service account disabled/,
    ],
    ['throttling', { code: 'Throttling' }, 'sts_throttled', /STS is throttling this account/],
    ['an error of its own', { code: 'InternalFailure' }, 'sts_failed', /AWS health page/],
    [
      'a duration that is too long',
      {
        code: 'ValidationError',
        message: 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
      },
      'sts_duration_too_long',
      /lower it, or raise the role's/,
    ],
  ];
  for (const [what, error, fault, fix] of ERRORS)
    it(what, async () => {
      await clinic.fault({ supplier: 'sts', fault: 'error', ...error });
      const diagnosis = await clinic.diagnose();
      const step = firstWrong(diagnosis, 'role lake');
      assert.deepEqual([step.fault, step.found], [fault, `cannot be assumed: ${fault}`]);
      assert.match(step.fix ?? '', fix);
      assert.equal(step.compared?.['STS region'], 'eu-west-1');
      assert.deepEqual(stepsThatAre('unknown', diagnosis), ['buckets of role lake']);
    });
});

describe('where STS is out of reach, fedbridge doctor says what a way out needs', () => {
  const hostOfSts = (): string => new URL(clinic.contract.sts).host;

  it('on a machine', async () => {
    await clinic.fault({ supplier: 'sts', fault: 'refuse' });
    const step = firstWrong(await clinic.diagnose(), 'role lake');
    assert.deepEqual(step.compared, { requested: clinic.contract.sts, error: 'ECONNREFUSED' });
    assert.ok(step.fix?.startsWith(`This machine does not reach ${hostOfSts()}: `), JSON.stringify(step));
    assert.match(step.fix ?? '', /without an external address needs Cloud NAT.*TCP 443/);
  });

  it('on Cloud Run', async () => {
    await clinic.fault({ supplier: 'sts', fault: 'refuse' });
    const step = firstWrong(await clinic.diagnose([], CLOUD_RUN), 'role lake');
    assert.equal(step.fault, 'sts_unreachable');
    assert.ok(step.fix?.startsWith(`This service does not reach ${hostOfSts()}: `), JSON.stringify(step));
    assert.match(step.fix ?? '', /VPC egress for all traffic its subnet needs Cloud NAT/);
  });

  it('on Cloud Run, where packets are dropped', async () => {
    await clinic.fault({ supplier: 'sts', fault: 'hang' });
    const diagnosis = await clinic.diagnose([], CLOUD_RUN);
    assert.match(diagnosis.steps.find(({ step }) => step === 'clock')?.found ?? '', /AWS's is not known/);
    const step = firstWrong(diagnosis, 'role lake');
    assert.equal(step.fault, 'sts_timeout');
    assert.match(step.fix ?? '', /VPC egress for all traffic its subnet needs Cloud NAT/);
  });

  it('unless there is no such host', async () => {
    const step = firstWrong(
      await clinic.diagnose([], { AWS_ENDPOINT_URL_STS: 'https://sts.eu-wset-1.invalid' }),
      'role lake',
    );
    assert.match(step.fix ?? '', /^There is no host sts\.eu-wset-1\.invalid: check the region/);
  });
});

describe('where one role of several is refused, fedbridge doctor', () => {
  it('tells them in their order, and looks at the buckets of the others', async () => {
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
    assert.match(String(roles[3]?.compared?.['AWS says']), /lake-data\/acme-prod\.fedbridge-sandbox$/);
    const buckets = diagnosis.steps.filter(({ step }) => step.startsWith('bucket'));
    assert.deepEqual(
      buckets.map(({ step, outcome }) => [step, outcome]),
      [
        ['buckets of role theirs', 'unknown'],
        [`bucket ${bucket}, all of it`, 'fine'],
      ],
    );
    assert.match(buckets[0]?.found ?? '', /acme-theirs, acme-more/);
  });
});
