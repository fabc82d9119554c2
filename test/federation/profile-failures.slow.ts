// Each reason why an AWS profile yields no credentials has its own fault, which the bridge derives from the SDK's
// real messages. A fault contains no text from the profile's files.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { FAULTS } from '../../src/errors/table.ts';
import { startStandIn } from '../support/stand-in.ts';
import { until } from '../support/until.ts';
import { faultOf, startProfiles } from './profiles.ts';
import type { Profiles } from './profiles.ts';

const DEVELOPER_ROLE = 'arn:aws:iam::123456789012:role/developer';
const SECRET = 'hush-hush';
const START_URL = 'https://sso.example/start';

describe('an AWS profile that yields no credentials', () => {
  let profiles: Profiles;
  before(async () => {
    profiles = await startProfiles();
    const { developer } = profiles.contract;
    const user = {
      aws_access_key_id: developer.accessKeyId,
      aws_secret_access_key: developer.secretAccessKey,
    };
    const role = { role_arn: DEVELOPER_ROLE, source_profile: 'user' };
    const signIn = {
      sso_account_id: '123456789012',
      sso_role_name: 'reader',
      sso_region: 'eu-west-1',
      sso_start_url: START_URL,
    };
    const printing = (text: string): string => `sh -c "echo '${text}'"`;
    profiles.write({
      user,
      incomplete: { region: 'eu-west-1' },
      'of-missing': { role_arn: DEVELOPER_ROLE, source_profile: 'not-there' },
      'of-missing-with-code': {
        role_arn: DEVELOPER_ROLE,
        source_profile: 'not-there',
        mfa_serial: developer.mfaSerial,
      },
      nowhere: { role_arn: DEVELOPER_ROLE, credential_source: 'Moon' },
      'half-sso': { sso_start_url: START_URL, sso_account_id: SECRET },
      a: { role_arn: DEVELOPER_ROLE, source_profile: 'b' },
      b: { role_arn: DEVELOPER_ROLE, source_profile: 'a' },
      itself: { role_arn: DEVELOPER_ROLE, source_profile: 'itself', mfa_serial: developer.mfaSerial },
      failing: { credential_process: `sh -c "echo ${SECRET} >&2; exit 3"` },
      chatty: { credential_process: `echo ${SECRET}` },
      older: { credential_process: printing('{\\"Version\\":2}') },
      empty: { credential_process: printing('{\\"Version\\":1}') },
      expired: {
        credential_process: printing(
          '{\\"Version\\":1,\\"AccessKeyId\\":\\"A\\",\\"SecretAccessKey\\":\\"S\\",\\"Expiration\\":\\"2020-01-01T00:00:00Z\\"}',
        ),
      },
      'not-signed-in': { ...signIn, sso_start_url: 'https://other.example/start' },
      'signed-out': signIn,
      'not-logged-in': { login_session: 'arn:aws:iam::123456789012:user/developer' },
      'no-code': role,
      'with-code': { ...role, mfa_serial: developer.mfaSerial },
      'other-device': { ...role, mfa_serial: 'arn:aws:iam::123456789012:mfa/other' },
      mistyped: { ...role, source_profile: 'mistyped-user' },
      'mistyped-user': { ...user, aws_secret_access_key: SECRET },
      deleted: { ...role, source_profile: 'deleted-user' },
      'deleted-user': { aws_access_key_id: 'AKIADELETED', aws_secret_access_key: SECRET },
      waiting: {
        credential_process: `sh -c "cd ${profiles.directory}; echo run >> runs; until [ -e go ]; do sleep 0.1; done; cat go"`,
      },
    });
  });
  after(() => profiles.close());

  for (const [name, code, at] of [
    ['not-there', 'profile_unresolved'],
    ['incomplete', 'profile_unresolved'],
    ['of-missing', 'profile_unresolved', 'not-there'],
    ['of-missing-with-code', 'profile_unresolved', 'not-there'],
    ['nowhere', 'profile_unresolved'],
    ['half-sso', 'profile_unresolved'],
    ['a', 'profile_cycle'],
    ['itself', 'profile_cycle'],
    ['failing', 'profile_process_failed'],
    ['chatty', 'profile_process_failed'],
    ['older', 'profile_process_failed'],
    ['empty', 'profile_process_failed'],
    ['expired', 'profile_credentials_rejected'],
    ['not-signed-in', 'profile_login_expired'],
    ['not-logged-in', 'profile_login_expired'],
    ['no-code', 'profile_denied'],
    ['mistyped', 'profile_credentials_rejected'],
    ['deleted', 'profile_credentials_rejected'],
  ] as const) {
    it(`is reported as ${code} (test profile "${name}")`, async () => {
      const fault = await faultOf(
        profiles.profile(name, () => assert.fail('no MFA code should be requested')).credentials(),
      );
      assert.equal(fault.code, code);
      assert.equal(fault.detail['profile'], at ?? name);
      assert.doesNotMatch(JSON.stringify(fault), new RegExp(SECRET));
      assert.ok(FAULTS[code].fix.length > 0);
    });
  }

  it('is reported as profile_login_expired if IAM Identity Center ended its session early', async (test) => {
    const portal = await startStandIn((_, response) => {
      const headers = { 'x-amzn-errortype': 'UnauthorizedException', 'content-type': 'application/json' };
      response.writeHead(401, headers).end('{"message":"Session token not found or invalid"}');
    });
    test.after(() => {
      portal.close();
    });
    process.env['AWS_ENDPOINT_URL_SSO'] = portal.origin;
    const cache = join(profiles.directory, '.aws', 'sso', 'cache');
    mkdirSync(cache, { recursive: true });
    writeFileSync(
      join(cache, `${createHash('sha1').update(START_URL).digest('hex')}.json`),
      JSON.stringify({ accessToken: SECRET, expiresAt: '2099-01-01T00:00:00Z' }),
    );
    const fault = await faultOf(profiles.profile('signed-out').credentials());
    assert.equal(fault.code, 'profile_login_expired');
    assert.doesNotMatch(JSON.stringify(fault), new RegExp(SECRET));
  });

  for (const [what, name, answer] of [
    ['the code is wrong', 'with-code', () => Promise.resolve('000000')],
    ['the device does not belong to the user', 'other-device', () => profiles.code()],
  ] as const) {
    it(`is reported as profile_mfa_refused if ${what}, and the user is not prompted again`, async () => {
      let asked = 0;
      const { credentials } = profiles.profile(name, () => {
        asked += 1;
        return answer();
      });
      assert.equal((await faultOf(credentials())).code, 'profile_mfa_refused');
      await until(
        'the bridge would have to prompt again',
        async () => (await faultOf(credentials())).code === 'profile_mfa_expired',
      );
      assert.equal(asked, 1);
    });
  }

  it('does not cause a second request with the same MFA code if STS resets the connection before it responds', async () => {
    await profiles.control('PUT', '/faults', { upstream: 'sts', fault: 'reset', times: 1 });
    await profiles.control('DELETE', '/calls');
    const fault = await faultOf(profiles.profile('with-code', () => profiles.code()).credentials());
    assert.equal(fault.code, 'sts_unreachable');
    assert.equal((await profiles.stsCalls()).length, 1);
    await profiles.control('DELETE', '/faults');
  });

  for (const [fault, code] of [
    [{ fault: 'refuse' }, 'sts_unreachable'],
    [{ fault: 'hang' }, 'sts_timeout'],
    [{ fault: 'status', status: 503 }, 'sts_failed'],
    [{ fault: 'garbage' }, 'sts_failed'],
    [{ fault: 'error', code: 'Throttling' }, 'sts_throttled'],
  ] as const) {
    it(`is reported as ${code} while STS fails with the fault "${fault.fault}"`, async () => {
      await profiles.control('PUT', '/faults', { upstream: 'sts', ...fault });
      assert.equal((await faultOf(profiles.profile('no-code').credentials())).code, code);
      await profiles.control('DELETE', '/faults');
    });
  }

  it('is reported with the same fault for a second after a failure, without another call to STS', async () => {
    const { credentials } = profiles.profile('no-code');
    await profiles.control('DELETE', '/calls');
    // The third call follows the failure immediately, so less than one second has passed.
    const again = faultOf(credentials()).then(async (fault) => [fault, await faultOf(credentials())]);
    const beside = await faultOf(credentials());
    assert.deepEqual(
      (await again).map((fault) => fault === beside),
      [true, true],
    );
    assert.equal((await profiles.stsCalls()).length, 1);
  });

  it('is reported as profile_timeout until its program, which waits for user input, prints credentials', async () => {
    const { credentials } = profiles.profile('waiting');
    assert.equal((await faultOf(credentials())).code, 'profile_timeout');
    const keys = { Version: 1, AccessKeyId: 'AKIAGO', SecretAccessKey: SECRET };
    const directory = profiles.directory;
    const late = until('it yields credentials', async () => {
      try {
        return (await credentials()).accessKeyId === 'AKIAGO';
      } catch {
        return false;
      }
    });
    writeFileSync(join(directory, 'go'), JSON.stringify(keys));
    await late;
    assert.equal(readFileSync(join(directory, 'runs'), 'utf8'), 'run\n');
  });
});
