// Where STS denies a role it does not say why: with the role's trust policy in a file `fedbridge doctor` says the cause.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { SAMPLE_ROLES } from '../../src/sandbox/iam/sample-roles.ts';
import { withRoles } from '../cli/as-the-bridge.ts';
import { firstWrong, lakeRole, openClinic, stepsThatAre } from './diagnosis.ts';
import type { Clinic, Diagnosis } from './diagnosis.ts';

let clinic: Clinic;
before(async () => {
  clinic = await openClinic();
});
after(() => clinic.close());
afterEach(() => clinic.heal());

const GOOGLE = 'accounts.google.com';
const OURS = '104815162342108150001';
const MADE_AGAIN = '104815162342108150002';
const E_MAIL = 'fedbridge@acme-prod.iam.gserviceaccount.com';

interface Trust {
  readonly aud?: string;
  readonly oaud?: string;
  readonly sub?: string;
  readonly principal?: object;
  readonly more?: Readonly<Record<string, string>>;
}

const trustOf = ({ aud, oaud, sub, principal = { Federated: GOOGLE }, more = {} }: Trust): object => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: principal,
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: {
        StringEquals: {
          ...(aud === undefined ? {} : { [`${GOOGLE}:aud`]: aud }),
          ...(oaud === undefined ? {} : { [`${GOOGLE}:oaud`]: oaud }),
          ...(sub === undefined ? {} : { [`${GOOGLE}:sub`]: sub }),
          ...more,
        },
      },
    },
  ],
});

/** What `aws iam get-role` prints of the bridge's role, or of another ARN. */
const getRole = (trust: object, arn = clinic.contract.role): readonly string[] => [
  '--trust-policy',
  clinic.file('role.json', JSON.stringify({ Role: { Arn: arn, AssumeRolePolicyDocument: trust } })),
];

const made = (trust: object): Promise<unknown> => clinic.control('PUT', '/roles', { ...lakeRole(), trust });

/** Claims that the three keys are shown with what the token has of each. */
function assertCompared({ steps }: Diagnosis, uniqueId: string): void {
  const compared = steps.find(({ step }) => step === 'role lake')?.compared ?? {};
  assert.deepEqual(
    ['aud', 'oaud', 'sub'].map((key) => compared[`${GOOGLE}:${key}`]),
    [uniqueId, 'fedbridge', uniqueId],
  );
}

describe('with the trust policy, fedbridge doctor says', () => {
  it('that the service account was probably deleted and made again', async () => {
    const { email } = clinic.contract.serviceAccount;
    await clinic.control('PUT', '/accounts', { email, uniqueId: MADE_AGAIN });
    const diagnosis = await clinic.diagnose(getRole(trustOf({ aud: OURS, oaud: 'fedbridge', sub: OURS })));
    const step = firstWrong(diagnosis, 'role lake');
    assertCompared(diagnosis, MADE_AGAIN);
    assert.equal(
      step.found,
      `cannot be assumed: its trust policy pins unique ID ${OURS}, and ours is ${MADE_AGAIN}`,
    );
    assert.ok(step.fix?.startsWith(`${email} was probably deleted and made again: `), JSON.stringify(step));
    assert.match(step.fix ?? '', /`fedbridge trust-policy lake` prints/);
    assert.deepEqual(stepsThatAre('wrong', diagnosis), ['role lake'], 'once, of :aud and :sub');
  });

  const MISTAKES: readonly (readonly [string, Trust, RegExp, RegExp])[] = [
    [
      'that the audience stands in :aud',
      { aud: 'fedbridge', sub: OURS },
      /:aud is compared with the token's azp.*"fedbridge" is no unique ID/,
      /an audience as accounts\.google\.com:oaud/,
    ],
    [
      'that :oaud has another audience',
      { aud: OURS, oaud: 'lake-bridge', sub: OURS },
      /wants a token for "lake-bridge", and ours is for "fedbridge"/,
      /Audiences are mixed up.*or set aws\.audience/,
    ],
    [
      'that the e-mail stands in :sub',
      { aud: OURS, oaud: 'fedbridge', sub: E_MAIL },
      /:sub is compared with the token's sub, and ".*" is an e-mail/,
      /Write the unique ID: gcloud iam service-accounts describe/,
    ],
    [
      'that it trusts a registered provider',
      {
        aud: OURS,
        oaud: 'fedbridge',
        sub: OURS,
        principal: { Federated: `arn:aws:iam::123456789012:oidc-provider/${GOOGLE}` },
      },
      /IAM identity provider registered for Google/,
      /delete the provider/,
    ],
    [
      'that an external ID can never be met',
      { aud: OURS, oaud: 'fedbridge', sub: OURS, more: { 'sts:ExternalId': 'x' } },
      /takes no external ID, so this condition can never be met/,
      /Remove it/,
    ],
    [
      'that it trusts AWS accounts alone',
      { principal: { AWS: 'arn:aws:iam::123456789012:root' } },
      /must (?:be accounts\.google\.com|trust Google's tokens)/,
      /accounts\.google\.com|trust-policy/,
    ],
  ];
  for (const [what, trust, found, fix] of MISTAKES)
    it(what, async () => {
      await made(trustOf(trust));
      const diagnosis = await clinic.diagnose(getRole(trustOf(trust)));
      const step = firstWrong(diagnosis, 'role lake');
      assert.equal(step.fault, 'sts_denied');
      assertCompared(diagnosis, OURS);
      assert.match(step.found, found);
      assert.match(step.fix ?? '', fix);
      assert.deepEqual(stepsThatAre('wrong', diagnosis), ['role lake'], 'nothing is told twice');
    });

  it('all of it, where there is more than one cause, and what was compared once', async () => {
    const trust = trustOf({ aud: '117031600000000930102', oaud: 'another', sub: '117031600000000930102' });
    await made(trust);
    const { steps } = await clinic.diagnose(getRole(trust));
    const told = steps.filter(({ outcome }) => outcome === 'wrong');
    assert.deepEqual(
      told.map(({ step, compared }) => [step, compared !== undefined]),
      [
        ['role lake', true],
        ['role lake', false],
      ],
    );
    assert.match(told[1]?.found ?? '', /wants a token for "another"/);
  });

  it('that it fits, where the cause is elsewhere', async () => {
    await clinic.fault({ supplier: 'sts', fault: 'error', code: 'AccessDenied' });
    const { trust } = lakeRole();
    const step = firstWrong(await clinic.diagnose(getRole(trust as object)), 'role lake');
    assert.match(step.found, /its trust policy fits the token/);
    assert.match(step.fix ?? '', /policy of this role in this account.*SCP/);
  });

  it('that it is another role’s', async () => {
    const anothers = 'arn:aws:iam::210987654321:role/gcp-lake-read';
    await made(trustOf({ aud: MADE_AGAIN, oaud: 'fedbridge', sub: MADE_AGAIN }));
    const { steps } = await clinic.diagnose(getRole(trustOf({ aud: OURS }), anothers));
    const [doubtful] = steps.filter(({ outcome }) => outcome === 'doubtful');
    assert.equal(doubtful?.step, 'trust policy');
    assert.deepEqual(doubtful.compared, { 'given for': anothers, configured: clinic.contract.role });
    const wrong = steps.find(({ outcome }) => outcome === 'wrong');
    assert.match(wrong?.fix ?? '', /STS does not say why/);
  });

  it('it of the role that the file names, and not of the others', async () => {
    const theirs = SAMPLE_ROLES.find(({ arn }) => arn.endsWith('trusts-another'));
    assert.ok(theirs !== undefined);
    const yaml = withRoles(clinic.contract, {
      gone: 'arn: "arn:aws:iam::123456789012:role/gone"',
      theirs: `arn: "${theirs.arn}"`,
    });
    const { steps } = await clinic.diagnose([
      ...clinic.configured(yaml),
      ...getRole(theirs.trust as object, theirs.arn),
    ]);
    const [gone, anothers] = steps.filter(({ step }) => step.startsWith('role '));
    assert.match(gone?.fix ?? '', /STS does not say why/);
    assert.match(anothers?.found ?? '', /pins unique ID 199999999999999999999/);
  });

  it('it of the policy alone, too', async () => {
    const trust = trustOf({ aud: OURS, oaud: 'lake-bridge', sub: OURS });
    await made(trust);
    const file = clinic.file('trust.json', JSON.stringify(trust));
    const step = firstWrong(await clinic.diagnose(['--trust-policy', file]), 'role lake');
    assert.match(step.found, /wants a token for "lake-bridge"/);
  });
});
