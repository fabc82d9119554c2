// While a person looks up an MFA code, `prepare` waits and requests fail at once. Once the code is entered, both
// succeed.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { FAULTS } from '../../src/errors/table.ts';
import { faultOf, startProfiles } from './profiles.ts';
import type { Profiles } from './profiles.ts';

describe('a profile that needs an MFA code', () => {
  let profiles: Profiles;
  before(async () => {
    profiles = await startProfiles();
    const { developer } = profiles.contract;
    profiles.write({
      user: {
        aws_access_key_id: developer.accessKeyId,
        aws_secret_access_key: developer.secretAccessKey,
      },
      developer: {
        role_arn: 'arn:aws:iam::123456789012:role/developer',
        source_profile: 'user',
        mfa_serial: developer.mfaSerial,
      },
    });
  });
  after(() => profiles.close());

  it('fails with profile_mfa_awaited until the user enters the code, and then provides credentials', async () => {
    const { promise: code, resolve: answer } = Promise.withResolvers<string>();
    let asked = 0;
    const { prepare, credentials } = profiles.profile('developer', () => {
      asked += 1;
      return code;
    });
    let prepared = false;
    const preparing = prepare().then(() => (prepared = true));
    const fault = await faultOf(credentials());
    assert.equal(fault.code, 'profile_mfa_awaited');
    assert.equal(fault.detail['profile'], 'developer');
    assert.match(FAULTS[fault.code].fix, /in the bridge's terminal/);
    assert.equal(prepared, false);
    answer(await profiles.code());
    await preparing;
    assert.match((await credentials()).accessKeyId, /^ASIA/);
    assert.equal(asked, 1);
  });
});
