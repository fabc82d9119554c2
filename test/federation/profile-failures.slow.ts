// Why an AWS profile gives no credentials: a fault of its own for each reason, by the SDK's real words, with nothing of its files in it.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { FAULTS } from '../../src/errors/table.ts';
import { until } from '../support/until.ts';
import { faultOf, startProfiles } from './profiles.ts';
import type { Profiles } from './profiles.ts';

const DEVELOPER_ROLE = 'arn:aws:iam::123456789012:role/developer';
const SECRET = 'hush-hush';
const START_URL = 'https://sso.example/start';

describe('a profile gives nothing', () => {
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
    it(`where it is ${name}: ${code}`, async () => {
      const fault = await faultOf(
        profiles.profile(name, () => assert.fail('nobody is asked for a code')).credentials(),
      );
      assert.equal(fault.code, code);
      assert.equal(fault.detail['profile'], at ?? name);
      assert.doesNotMatch(JSON.stringify(fault), new RegExp(SECRET));
      assert.ok(FAULTS[code].fix.length > 0);
    });
  }

  it('where its sign-in was ended elsewhere: profile_login_expired', async (test) => {
    const portal = createServer((_, response) => {
      const headers = { 'x-amzn-errortype': 'UnauthorizedException', 'content-type': 'application/json' };
      response.writeHead(401, headers).end('{"message":"Session token not found or invalid"}');
    }).listen(0, '127.0.0.1');
    test.after(() => portal.close());
    await until('the portal listens', () => portal.listening);
    process.env['AWS_ENDPOINT_URL_SSO'] = `http://127.0.0.1:${(portal.address() as AddressInfo).port}`;
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
    ['the device is not the user’s', 'other-device', () => profiles.code()],
  ] as const) {
    it(`where ${what}: profile_mfa_refused, and nobody is asked again`, async () => {
      let asked = 0;
      const { credentials } = profiles.profile(name, () => {
        asked += 1;
        return answer();
      });
      assert.equal((await faultOf(credentials())).code, 'profile_mfa_refused');
      await until(
        'the bridge asks again',
        async () => (await faultOf(credentials())).code === 'profile_mfa_expired',
      );
      assert.equal(asked, 1);
    });
  }

  it('where the answer to a code is lost, the code is not sent again: it is spent', async () => {
    await profiles.control('PUT', '/faults', { supplier: 'sts', fault: 'reset', times: 1 });
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
    it(`while STS has the fault ${fault.fault}: ${code}`, async () => {
      await profiles.control('PUT', '/faults', { supplier: 'sts', ...fault });
      assert.equal((await faultOf(profiles.profile('no-code').credentials())).code, code);
      await profiles.control('DELETE', '/faults');
    });
  }

  it('for long, whoever asks gets the same answer for a second, and STS is left alone', async () => {
    const { credentials } = profiles.profile('no-code');
    await profiles.control('DELETE', '/calls');
    // The third call follows the failure without a pause, so that the second cannot have passed.
    const again = faultOf(credentials()).then(async (fault) => [fault, await faultOf(credentials())]);
    const beside = await faultOf(credentials());
    assert.deepEqual(
      (await again).map((fault) => fault === beside),
      [true, true],
    );
    assert.equal((await profiles.stsCalls()).length, 1);
  });

  it('while its program waits for a person: profile_timeout; the program is run once, and what it gives then counts', async () => {
    const { credentials } = profiles.profile('waiting');
    assert.equal((await faultOf(credentials())).code, 'profile_timeout');
    const keys = { Version: 1, AccessKeyId: 'AKIAGO', SecretAccessKey: SECRET };
    const directory = profiles.directory;
    const late = until('it gives credentials', async () => {
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
