// STS does not report why it denies a role, but `fedbridge doctor` finds the cause if a file with the role's trust policy is
// passed to it.
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
const BRIDGE_ID = '104815162342108150001';
const NEW_ID = '104815162342108150002';
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

/** Writes the output of `aws iam get-role` to a file. @returns the arguments that pass the file to the doctor */
const getRole = (trust: object, arn = clinic.contract.role): readonly string[] => [
  '--trust-policy',
  clinic.file('role.json', JSON.stringify({ Role: { Arn: arn, AssumeRolePolicyDocument: trust } })),
];

const setTrust = (trust: object): Promise<unknown> =>
  clinic.control('PUT', '/roles', { ...lakeRole(), trust });

/** Asserts that the doctor shows the token's values of the three condition keys. */
function assertCompared({ steps }: Diagnosis, uniqueId: string): void {
  const compared = steps.find(({ step }) => step === 'role lake')?.compared ?? {};
  assert.deepEqual(
    ['aud', 'oaud', 'sub'].map((key) => compared[`${GOOGLE}:${key}`]),
    [uniqueId, 'fedbridge', uniqueId],
  );
}

describe('fedbridge doctor, given the trust policy', () => {
  it('reports that the service account was probably deleted and re-created', async () => {
    const { email } = clinic.contract.serviceAccount;
    await clinic.control('PUT', '/accounts', { email, uniqueId: NEW_ID });
    const diagnosis = await clinic.diagnose(
      getRole(trustOf({ aud: BRIDGE_ID, oaud: 'fedbridge', sub: BRIDGE_ID })),
    );
    const step = firstWrong(diagnosis, 'role lake');
    assertCompared(diagnosis, NEW_ID);
    assert.equal(
      step.found,
      `cannot be assumed: its trust policy pins unique ID ${BRIDGE_ID}, but this service account's ID is ${NEW_ID}`,
    );
    assert.ok(step.fix?.startsWith(`${email} was probably deleted and re-created: `), JSON.stringify(step));
    assert.match(step.fix ?? '', /`fedbridge trust-policy lake` prints/);
    assert.deepEqual(stepsThatAre('wrong', diagnosis), ['role lake'], 'once for :aud and :sub');
  });

  const MISTAKES: readonly (readonly [string, Trust, RegExp, RegExp])[] = [
    [
      'that :aud contains the audience',
      { aud: 'fedbridge', sub: BRIDGE_ID },
      /:aud is compared with the token's azp.*"fedbridge" is not a unique ID/,
      /the audience in accounts\.google\.com:oaud/,
    ],
    [
      'that :oaud contains a different audience',
      { aud: BRIDGE_ID, oaud: 'lake-bridge', sub: BRIDGE_ID },
      /requires a token for "lake-bridge", but the bridge's token is for "fedbridge"/,
      /The audiences differ.*or set aws\.audience/,
    ],
    [
      'that :sub contains the email',
      { aud: BRIDGE_ID, oaud: 'fedbridge', sub: E_MAIL },
      /:sub is compared with the token's sub, but ".*" is an email/,
      /Write the unique ID: gcloud iam service-accounts describe/,
    ],
    [
      'that the policy trusts a registered provider',
      {
        aud: BRIDGE_ID,
        oaud: 'fedbridge',
        sub: BRIDGE_ID,
        principal: { Federated: `arn:aws:iam::123456789012:oidc-provider/${GOOGLE}` },
      },
      /registers its own provider for Google/,
      /delete the provider/,
    ],
    [
      'that a condition on an external ID can never match',
      { aud: BRIDGE_ID, oaud: 'fedbridge', sub: BRIDGE_ID, more: { 'sts:ExternalId': 'x' } },
      /does not accept an external ID, so this condition can never match/,
      /Remove this key/,
    ],
    [
      'that the policy trusts only AWS accounts',
      { principal: { AWS: 'arn:aws:iam::123456789012:root' } },
      /must (?:be accounts\.google\.com|trust Google's tokens)/,
      /accounts\.google\.com|trust-policy/,
    ],
  ];
  for (const [what, trust, found, fix] of MISTAKES)
    it(`reports ${what}`, async () => {
      await setTrust(trustOf(trust));
      const diagnosis = await clinic.diagnose(getRole(trustOf(trust)));
      const step = firstWrong(diagnosis, 'role lake');
      assert.equal(step.fault, 'sts_denied');
      assertCompared(diagnosis, BRIDGE_ID);
      assert.match(step.found, found);
      assert.match(step.fix ?? '', fix);
      assert.deepEqual(stepsThatAre('wrong', diagnosis), ['role lake'], 'nothing is reported twice');
    });

  it('reports every cause if there are several, but shows the compared values only once', async () => {
    const trust = trustOf({ aud: '117031600000000930102', oaud: 'another', sub: '117031600000000930102' });
    await setTrust(trust);
    const { steps } = await clinic.diagnose(getRole(trust));
    const causes = steps.filter(({ outcome }) => outcome === 'wrong');
    assert.deepEqual(
      causes.map(({ step, compared }) => [step, compared !== undefined]),
      [
        ['role lake', true],
        ['role lake', false],
      ],
    );
    assert.match(causes[1]?.found ?? '', /requires a token for "another"/);
  });

  it('reports that the policy matches the token if the denial has a different cause', async () => {
    await clinic.fault({ upstream: 'sts', fault: 'error', code: 'AccessDenied' });
    const { trust } = lakeRole();
    const step = firstWrong(await clinic.diagnose(getRole(trust as object)), 'role lake');
    assert.match(step.found, /its trust policy matches the token/);
    assert.match(step.fix ?? '', /policy belongs to this role in this account\..*SCP/);
  });

  it('reports that the policy belongs to a different role', async () => {
    const anotherArn = 'arn:aws:iam::210987654321:role/gcp-lake-read';
    await setTrust(trustOf({ aud: NEW_ID, oaud: 'fedbridge', sub: NEW_ID }));
    const { steps } = await clinic.diagnose(getRole(trustOf({ aud: BRIDGE_ID }), anotherArn));
    const [doubtful] = steps.filter(({ outcome }) => outcome === 'doubtful');
    assert.equal(doubtful?.step, 'trust policy');
    assert.deepEqual(doubtful.compared, { 'policy is for': anotherArn, configured: clinic.contract.role });
    const wrong = steps.find(({ outcome }) => outcome === 'wrong');
    assert.match(wrong?.fix ?? '', /STS does not report why/);
  });

  it('reports the cause only for the role named in the file', async () => {
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
    const [gone, another] = steps.filter(({ step }) => step.startsWith('role '));
    assert.match(gone?.fix ?? '', /STS does not report why/);
    assert.match(another?.found ?? '', /pins unique ID 199999999999999999999/);
  });

  it('reports the cause even if the file contains only the policy, without the role', async () => {
    const trust = trustOf({ aud: BRIDGE_ID, oaud: 'lake-bridge', sub: BRIDGE_ID });
    await setTrust(trust);
    const file = clinic.file('trust.json', JSON.stringify(trust));
    const step = firstWrong(await clinic.diagnose(['--trust-policy', file]), 'role lake');
    assert.match(step.found, /requires a token for "lake-bridge"/);
  });
});
