// If the bridge gets no identity token, or a token that AWS would reject, `fedbridge doctor` reports this problem as its first
// ✗.
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

describe('fedbridge doctor', () => {
  const FAULTS = [
    [
      'that refuses connections',
      { fault: 'refuse' },
      'metadata_unreachable',
      /unreachable\. On Google Cloud, check GCE_METADATA_HOST\./,
    ],
    ['that hangs', { fault: 'hang' }, 'metadata_timeout', /did not respond in time.*restart the instance/],
    [
      'that fails',
      { fault: 'status', status: 500 },
      'metadata_refused',
      /rejected the request; this log line contains the status/,
    ],
    [
      'whose address belongs to a different server',
      { fault: 'garbage' },
      'metadata_invalid_response',
      /which server listens at GCE_METADATA_HOST/,
    ],
  ] as const;
  for (const [what, fields, fault, fix] of FAULTS)
    it(`reports a metadata server ${what}`, async () => {
      await clinic.fault({ upstream: 'metadata', ...fields });
      const diagnosis = await clinic.diagnose();
      const step = firstWrong(diagnosis, 'metadata server');
      assert.deepEqual([step.fault, step.found], [fault, `returns no identity token: ${fault}`]);
      assert.match(step.fix ?? '', fix);
      assert.deepEqual(stepsThatAre('unknown', diagnosis), ["Google's keys", 'roles', 'buckets']);
    });
});

it('fedbridge doctor shows the IAM binding that GKE needs', async () => {
  const message =
    'Unable to generate identity token; IAM returned 403 Forbidden: The caller does not have permission';
  await clinic.fault({ upstream: 'metadata', fault: 'status', status: 403, message });
  const step = firstWrong(await clinic.diagnose(), 'identity token');
  assert.equal(step.fault, 'metadata_workload_identity_denied');
  assert.match(
    step.fix ?? '',
    /gcloud iam service-accounts add-iam-policy-binding .*--role roles\/iam\.workloadIdentityUser --member "serviceAccount:PROJECT\.svc\.id\.goog\[NAMESPACE\/KSA\]"/,
  );
});

describe('fedbridge doctor', () => {
  const assertNoAccount = async (): Promise<void> => {
    const step = firstWrong(await clinic.diagnose(), 'identity token');
    assert.equal(step.fault, 'metadata_no_account');
    assert.match(
      step.fix ?? '',
      /reports that there is no service account \(404\)\. Attach a service account to/,
    );
  };
  it('reports a missing service account on a machine that has none', async () => {
    await clinic.control('PUT', '/accounts', { ...clinic.contract.serviceAccount, uniqueId: null });
    await assertNoAccount();
  });
  it('reports a missing service account if the metadata server returns 404 for everything', async () => {
    await clinic.fault({ upstream: 'metadata', fault: 'status', status: 404 });
    await assertNoAccount();
  });
});

describe('fedbridge doctor, configured with a token file', () => {
  const inSeconds = (fromNow: number): number => Math.floor(Date.now() / 1000) + fromNow;
  const withToken = (changes: Readonly<Record<string, unknown>>): readonly string[] => {
    const { email, uniqueId } = clinic.contract.serviceAccount;
    const claims = { aud: 'fedbridge', azp: uniqueId, sub: uniqueId, email, email_verified: true };
    const path = clinic.file('token', clinic.sandbox.mint({ ...claims, ...changes }));
    const more = `identity: { file: "${path}" }`;
    return clinic.configured(withGrants(clinic.contract, ['allow: [get], bucket: acme-lake'], { more }));
  };

  it('reports no problems if the token is correct', async () => {
    const { code, steps } = await clinic.diagnose(withToken({}));
    assert.equal(code, 0);
    assert.ok(!steps.some(({ step }) => step === 'metadata server'));
  });

  const WRONG = [
    [
      'that its azp is an email',
      { azp: 'fedbridge@acme-prod.iam.gserviceaccount.com' },
      /azp is an email/,
      /pins the unique ID.*includeEmail: false/,
    ],
    [
      "that it is a person's token",
      { azp: '32555940559.apps.googleusercontent.com' },
      /does not belong to a service account/,
      /A person's token .* impersonate a service account/,
    ],
    [
      'that azp and sub differ',
      { sub: '117031600000000930102' },
      /azp and sub differ/,
      /azp and sub are the account's unique ID/,
    ],
    [
      'that it is for a different audience',
      { aud: 'https://lake-bridge.example' },
      /audience is not fedbridge/,
      /use the audience fedbridge \(aws\.audience\)/,
    ],
    [
      'that Google did not issue it',
      { iss: 'https://token.actions.githubusercontent.com' },
      /issued by https:\/\/token\.actions/,
      /roles trust only tokens from accounts\.google\.com/,
    ],
    [
      'that it has expired',
      { exp: inSeconds(-300), iat: inSeconds(-3900) },
      /it expired \d+ s ago/,
      /that writes the token is running|must replace the token more often/,
    ],
  ] as const;
  for (const [what, changes, found, fix] of WRONG)
    it(`reports ${what}`, async () => {
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

  it('reports that the token expires soon', async () => {
    const step = firstDoubtful(await clinic.diagnose(withToken({ exp: inSeconds(58) })), 'identity token');
    assert.match(step.found, /expires in less than a minute/);
  });

  it('reports that the file does not exist', async () => {
    const more = 'identity: { file: /nowhere/token }';
    const yaml = withGrants(clinic.contract, ['allow: [get], bucket: acme-lake'], { more });
    const step = firstWrong(await clinic.diagnose(clinic.configured(yaml)), 'identity token');
    assert.deepEqual([step.fault, step.compared?.['path']], ['token_file_unreadable', '/nowhere/token']);
  });
});

describe('fedbridge doctor, with an impersonated service account', () => {
  const impersonating = async (
    email: string,
  ): Promise<readonly [readonly string[], Record<string, string>]> => {
    const login = clinic.file('adc.json', JSON.stringify(await clinic.control('GET', '/adc')));
    const more = `identity: { impersonate: ${email} }`;
    const yaml = withGrants(clinic.contract, ['allow: [get], bucket: acme-lake'], { more });
    return [clinic.configured(yaml), { GOOGLE_APPLICATION_CREDENTIALS: login }];
  };

  it('reports no problems if impersonation works', async () => {
    const { code } = await clinic.diagnose(...(await impersonating(clinic.contract.serviceAccount.email)));
    assert.equal(code, 0);
  });

  it('reports that the Google login has expired', async () => {
    await clinic.fault({
      upstream: 'certs',
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

  it('reports that the login is not allowed to impersonate the account', async () => {
    const diagnosis = await clinic.diagnose(...(await impersonating(clinic.contract.callers.stranger)));
    const step = firstWrong(diagnosis, 'identity token');
    assert.equal(step.fault, 'impersonation_denied');
    assert.match(step.fix ?? '', /grant the login roles\/iam\.serviceAccountOpenIdTokenCreator/);
  });
});
