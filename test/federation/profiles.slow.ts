// An AWS profile yields the same credentials as in the AWS CLI: from keys, a role, a chain of roles with an MFA code,
// or a program.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { until } from '../support/until.ts';
import { faultOf, startProfiles } from './profiles.ts';
import type { Profiles } from './profiles.ts';

const DEVELOPER_ROLE = 'arn:aws:iam::123456789012:role/developer';
const LAPTOP_ROLE = 'arn:aws:iam::123456789012:role/lake-from-laptop';
const OWNERS_ROLE = 'arn:aws:iam::123456789012:role/owners';

describe("an AWS profile's credentials", () => {
  let profiles: Profiles;
  before(async () => {
    profiles = await startProfiles();
    const { owner, developer } = profiles.contract;
    const user = {
      aws_access_key_id: developer.accessKeyId,
      aws_secret_access_key: developer.secretAccessKey,
    };
    const counted = (output: string): string =>
      `sh -c "echo run >> ${join(profiles.directory, 'runs')}; cat ${join(profiles.directory, output)}"`;
    profiles.write({
      keys: { ...user, aws_session_token: 'of-keys' },
      user,
      owner: { aws_access_key_id: owner.accessKeyId, aws_secret_access_key: owner.secretAccessKey },
      // The bridge calls its configured STS endpoint, whatever region the profile names.
      developer: {
        role_arn: DEVELOPER_ROLE,
        source_profile: 'user',
        mfa_serial: developer.mfaSerial,
        region: 'us-east-2',
      },
      laptop: { role_arn: LAPTOP_ROLE, source_profile: 'developer' },
      owners: { role_arn: OWNERS_ROLE, source_profile: 'owner' },
      program: { credential_process: counted('program.json') },
      'endless-program': { credential_process: counted('endless.json') },
    });
    const keys = {
      Version: 1,
      AccessKeyId: 'ASIAPROGRAM',
      SecretAccessKey: 'of-program',
      SessionToken: 'token',
    };
    writeFileSync(join(profiles.directory, 'endless.json'), JSON.stringify(keys));
    writeFileSync(
      join(profiles.directory, 'program.json'),
      JSON.stringify({ ...keys, Expiration: '2099-01-01T00:00:00Z' }),
    );
    await profiles.control('PUT', '/roles', {
      arn: OWNERS_ROLE,
      trust: {
        Version: '2012-10-17',
        Statement: {
          Effect: 'Allow',
          Action: 'sts:AssumeRole',
          Principal: { AWS: 'arn:aws:iam::123456789012:user/owner' },
        },
      },
      permissions: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } },
    });
  });
  after(() => profiles.close());
  beforeEach(async () => {
    await profiles.control('PUT', '/durations', { credentials: null });
    await profiles.control('DELETE', '/calls');
    writeFileSync(join(profiles.directory, 'runs'), '');
  });

  const runs = (): number => readFileSync(join(profiles.directory, 'runs'), 'utf8').split('\n').length - 1;
  const rolesAsked = async (): Promise<unknown[]> =>
    (await profiles.stsCalls()).map(({ roleArn, status }) => [roleArn, status]);

  it("are the profile's own keys, without an expiry, if it has any", async () => {
    const { accessKeyId, secretAccessKey } = profiles.contract.developer;
    assert.deepEqual(await profiles.profile('keys').credentials(), {
      accessKeyId,
      secretAccessKey,
      sessionToken: 'of-keys',
    });
    assert.deepEqual(await profiles.profile('user').credentials(), { accessKeyId, secretAccessKey });
  });

  it('come from one AssumeRole call for a profile with a role, even if several callers request them at the same time', async () => {
    const { credentials } = profiles.profile('owners');
    const [first, ...others] = await Promise.all([credentials(), credentials(), credentials()]);
    assert.match(first.accessKeyId, /^ASIA/);
    assert.ok(Math.abs((first.expiresAt ?? 0) - Date.now() - 3_600_000) < 60_000);
    for (const other of [...others, await credentials()]) assert.equal(other, first);
    assert.deepEqual(await rolesAsked(), [[OWNERS_ROLE, 200]]);
  });

  it("require only one prompt for a profile with an MFA device, and come from the profile's chain of roles", async () => {
    const asked: string[] = [];
    const { credentials } = profiles.profile('laptop', (mfaSerial) => {
      asked.push(mfaSerial);
      return profiles.code();
    });
    await Promise.all([credentials(), credentials(), credentials()]);
    assert.deepEqual(asked, [profiles.contract.developer.mfaSerial]);
    assert.deepEqual(await rolesAsked(), [
      [DEVELOPER_ROLE, 200],
      [LAPTOP_ROLE, 200],
    ]);
  });

  it("come from a single run of the profile's program, if it has one", async () => {
    const { credentials } = profiles.profile('program');
    await credentials();
    assert.deepEqual(await credentials(), {
      accessKeyId: 'ASIAPROGRAM',
      secretAccessKey: 'of-program',
      sessionToken: 'token',
      expiresAt: Date.parse('2099-01-01T00:00:00Z'),
    });
    const endless = profiles.profile('endless-program');
    await endless.credentials();
    assert.equal((await endless.credentials()).expiresAt, undefined);
    assert.equal(runs(), 2);
  });

  it('are replaced before they expire, and stay in use until then', async () => {
    await profiles.control('PUT', '/durations', { credentials: 3 });
    const { credentials } = profiles.profile('owners');
    const first = await credentials();
    await profiles.control('PUT', '/faults', { upstream: 'sts', fault: 'hang', times: 1 });
    await until('a renewal is in progress', async () => {
      assert.equal(await credentials(), first);
      return (await profiles.stsCalls()).length > 1;
    });
    assert.equal(await credentials(), first);
    await until('a new session serves', async () => (await credentials()) !== first);
  });

  it("have a lifetime measured by STS's clock, not the bridge's", async () => {
    await profiles.control('PUT', '/clock', { offsetSeconds: -3600 * 5, upstream: 'sts' });
    const { credentials } = profiles.profile('owners');
    const first = await credentials();
    assert.equal(await credentials(), first);
    await profiles.control('PUT', '/clock', { offsetSeconds: 0, upstream: 'sts' });
  });

  it('are not renewed automatically if the profile needs an MFA code, and their expiry is reported', async () => {
    await profiles.control('PUT', '/durations', { credentials: 2 });
    let asked = 0;
    const { credentials } = profiles.profile('developer', () => {
      asked += 1;
      return profiles.code();
    });
    const first = await credentials();
    const served = new Set<unknown>();
    let fault: unknown;
    await until('the session expires', async () => {
      try {
        served.add(await credentials());
        return false;
      } catch (error) {
        fault = error;
        return true;
      }
    });
    assert.deepEqual([...served], [first]);
    assert.equal((await faultOf(Promise.reject(fault as Error))).code, 'profile_mfa_expired');
    assert.equal(asked, 1);
    assert.equal((await profiles.stsCalls()).length, 1);
  });
});

describe('an AWS profile that has changed', () => {
  it('is read from its files again', async () => {
    const rewritten = await startProfiles();
    rewritten.write({ changing: { aws_access_key_id: 'AKIABEFORE', aws_secret_access_key: 'x' } });
    assert.equal((await rewritten.profile('changing').credentials()).accessKeyId, 'AKIABEFORE');
    rewritten.write({ changing: { aws_access_key_id: 'AKIAAFTER', aws_secret_access_key: 'x' } });
    assert.equal((await rewritten.profile('changing').credentials()).accessKeyId, 'AKIAAFTER');
    await rewritten.close();
  });
});
