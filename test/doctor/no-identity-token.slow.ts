// Each way in which the bridge gets no identity token, or one that AWS can make nothing of, is the first ✗ of `fedbridge doctor`.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { firstDoubtful, firstWrong, openClinic, stepsThatAre, withGrants } from './diagnosis.ts';
import type { Clinic } from './diagnosis.ts';

let clinic: Clinic;
before(async () => {
  clinic = await openClinic();
});
after(() => clinic.close());
afterEach(() => clinic.heal());

describe('fedbridge doctor names the metadata server', () => {
  const FAULTS = [
    [
      'that refuses',
      { fault: 'refuse' },
      'metadata_unreachable',
      /out of reach: off Google Cloud there is none/,
    ],
    ['that hangs', { fault: 'hang' }, 'metadata_timeout', /did not answer in time.*restart the instance/],
    ['that fails', { fault: 'status', status: 500 }, 'metadata_refused', /its status is in this line/],
    [
      'that is another server',
      { fault: 'garbage' },
      'metadata_invalid_response',
      /something else listening at GCE_METADATA_HOST/,
    ],
  ] as const;
  for (const [what, fields, fault, fix] of FAULTS)
    it(what, async () => {
      await clinic.fault({ supplier: 'metadata', ...fields });
      const diagnosis = await clinic.diagnose();
      const step = firstWrong(diagnosis, 'metadata server');
      assert.deepEqual([step.fault, step.found], [fault, `gives no identity token: ${fault}`]);
      assert.match(step.fix ?? '', fix);
      assert.deepEqual(stepsThatAre('unknown', diagnosis), ["Google's keys", 'roles', 'buckets']);
    });
});

it('fedbridge doctor names the IAM binding that GKE needs', async () => {
  const message =
    'Unable to generate identity token; IAM returned 403 Forbidden: The caller does not have permission';
  await clinic.fault({ supplier: 'metadata', fault: 'status', status: 403, message });
  const step = firstWrong(await clinic.diagnose(), 'identity token');
  assert.equal(step.fault, 'metadata_workload_identity_denied');
  assert.match(
    step.fix ?? '',
    /gcloud iam service-accounts add-iam-policy-binding .*--role roles\/iam\.workloadIdentityUser --member "serviceAccount:PROJECT\.svc\.id\.goog\[NAMESPACE\/KSA\]"/,
  );
});

describe('fedbridge doctor says that there is no service account', () => {
  const says = async (): Promise<void> => {
    const step = firstWrong(await clinic.diagnose(), 'identity token');
    assert.equal(step.fault, 'metadata_no_account');
    assert.match(step.fix ?? '', /knows no service account \(404\): attach one to the service or machine/);
  };
  it('on a machine that has none', async () => {
    await clinic.control('PUT', '/accounts', { ...clinic.contract.serviceAccount, uniqueId: null });
    await says();
  });
  it('where the metadata server answers everything by 404', async () => {
    await clinic.fault({ supplier: 'metadata', fault: 'status', status: 404 });
    await says();
  });
});

describe('of a token in a file, fedbridge doctor says', () => {
  const inSeconds = (fromNow: number): number => Math.floor(Date.now() / 1000) + fromNow;
  const withToken = (changes: Readonly<Record<string, unknown>>): readonly string[] => {
    const { email, uniqueId } = clinic.contract.serviceAccount;
    const claims = { aud: 'fedbridge', azp: uniqueId, sub: uniqueId, email, email_verified: true };
    const path = clinic.file('token', clinic.sandbox.mint({ ...claims, ...changes }));
    const more = `identity: { file: "${path}" }`;
    return clinic.configured(withGrants(clinic.contract, ['allow: [get], bucket: acme-lake'], { more }));
  };

  it('nothing, where it is right', async () => {
    const { code, steps } = await clinic.diagnose(withToken({}));
    assert.equal(code, 0);
    assert.ok(!steps.some(({ step }) => step === 'metadata server'));
  });

  const WRONG = [
    [
      'that its azp is an e-mail',
      { azp: 'fedbridge@acme-prod.iam.gserviceaccount.com' },
      /azp is an e-mail/,
      /pins the unique ID.*includeEmail: false/,
    ],
    [
      'that it is a person’s',
      { azp: '32555940559.apps.googleusercontent.com' },
      /not of a service account/,
      /A person’s .* impersonate a service account/,
    ],
    [
      'that azp and sub differ',
      { sub: '117031600000000930102' },
      /azp and sub differ/,
      /unique ID as azp and as sub/,
    ],
    [
      'that it is for another audience',
      { aud: 'https://lake-bridge.example' },
      /audience is not fedbridge/,
      /ask for the audience fedbridge \(aws\.audience\)/,
    ],
    [
      'that it is not of Google',
      { iss: 'https://token.actions.githubusercontent.com' },
      /issued by https:\/\/token\.actions/,
      /roles trust tokens of accounts\.google\.com/,
    ],
    [
      'that it has ended',
      { exp: inSeconds(-300), iat: inSeconds(-3900) },
      /it ended \d+ s ago/,
      /writes the token there|has stopped, or writes too seldom/,
    ],
  ] as const;
  for (const [what, changes, found, fix] of WRONG)
    it(what, async () => {
      const diagnosis = await clinic.diagnose(withToken(changes));
      const step = firstWrong(diagnosis, 'identity token');
      assert.match(step.found, found);
      assert.match(step.fix ?? '', fix);
      const compared = step.compared ?? {};
      for (const [key, claim] of [
        ['aud', 'azp'],
        ['oaud', 'aud'],
        ['sub', 'sub'],
      ] as const) {
        const expected = {
          aud: 'fedbridge',
          azp: clinic.contract.serviceAccount.uniqueId,
          sub: clinic.contract.serviceAccount.uniqueId,
          ...changes,
        };
        assert.equal(compared[`accounts.google.com:${key}`], expected[claim]);
      }
      assert.deepEqual(stepsThatAre('unknown', diagnosis), ["Google's keys", 'roles', 'buckets']);
    });

  it('that it ends soon', async () => {
    const step = firstDoubtful(await clinic.diagnose(withToken({ exp: inSeconds(58) })), 'identity token');
    assert.match(step.found, /less than a minute left/);
  });

  it('that there is none', async () => {
    const more = 'identity: { file: /nowhere/token }';
    const yaml = withGrants(clinic.contract, ['allow: [get], bucket: acme-lake'], { more });
    const step = firstWrong(await clinic.diagnose(clinic.configured(yaml)), 'identity token');
    assert.deepEqual([step.fault, step.compared?.['path']], ['token_file_unreadable', '/nowhere/token']);
  });
});

describe('of a service account that is impersonated, fedbridge doctor says', () => {
  const impersonating = async (
    email: string,
  ): Promise<readonly [readonly string[], Record<string, string>]> => {
    const login = clinic.file('adc.json', JSON.stringify(await clinic.control('GET', '/adc')));
    const more = `identity: { impersonate: ${email} }`;
    const yaml = withGrants(clinic.contract, ['allow: [get], bucket: acme-lake'], { more });
    return [clinic.configured(yaml), { GOOGLE_APPLICATION_CREDENTIALS: login }];
  };

  it('nothing, where that works', async () => {
    const { code } = await clinic.diagnose(...(await impersonating(clinic.contract.serviceAccount.email)));
    assert.equal(code, 0);
  });

  it('that the login is over', async () => {
    await clinic.fault({
      supplier: 'certs',
      fault: 'status',
      status: 400,
      code: 'invalid_grant',
      path: '/token',
    });
    const diagnosis = await clinic.diagnose(...(await impersonating(clinic.contract.serviceAccount.email)));
    const step = firstWrong(diagnosis, 'identity token');
    assert.equal(step.fault, 'google_login_expired');
    assert.match(step.fix ?? '', /gcloud auth application-default login/);
  });

  it('that the login may not', async () => {
    const diagnosis = await clinic.diagnose(...(await impersonating(clinic.contract.callers.stranger)));
    const step = firstWrong(diagnosis, 'identity token');
    assert.equal(step.fault, 'impersonation_denied');
    assert.match(step.fix ?? '', /grant it roles\/iam\.serviceAccountOpenIdTokenCreator/);
  });
});
