// `fedbridge credentials` among AWS profiles: the one that runs it is not asked, and none can lead back to itself.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { FEDBRIDGE, startAsTheBridge, withRoles } from './as-the-bridge.ts';
import type { AsTheBridge } from './as-the-bridge.ts';

let here: AsTheBridge;
before(async () => {
  here = await startAsTheBridge();
});
after(() => here.close());

describe('where AWS_PROFILE is set, fedbridge credentials', () => {
  const profiles = (...lines: readonly string[]) => ({
    AWS_CONFIG_FILE: here.file('aws-config', ['[profile lake]', ...lines, ''].join('\n')),
    AWS_PROFILE: 'lake',
  });

  it('for credential_process does not ask that profile, which is the one that runs it', async () => {
    const running = profiles(`credential_process = ${FEDBRIDGE} credentials lake`);
    await here.control('DELETE', '/calls');
    const { code, stderr } = await here.run(['credentials', 'lake'], running);
    assert.deepEqual([code, stderr], [0, '']);
    const asked = (await here.calls('sts')).map(({ action }) => action);
    assert.deepEqual(asked, ['AssumeRoleWithWebIdentity']);
  });

  it('for a shell asks it, as a bridge would', async () => {
    const { code, stderr } = await here.run(['credentials', 'lake', '--format', 'env'], profiles());
    assert.equal(code, 1);
    assert.match(stderr, /: profile_unresolved \(profile lake, /);
  });

  it('says that it did not count, where there is no other identity', async () => {
    const nowhere = { ...profiles(), GCE_METADATA_HOST: '127.0.0.1:1' };
    const { code, stderr } = await here.run(['credentials', 'lake'], nowhere);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /could not be assumed \(AWS_PROFILE does not count with --format process\): metadata_/,
    );
  });
});

describe('an AWS profile whose credential_process asks for a role by that same profile', () => {
  it('ends instead of starting process after process', async () => {
    const log = here.file('runs', '');
    const config = withRoles(
      here.contract,
      { lake: `arn: "${here.contract.role}"` },
      'identity: { profile: loop }',
    );
    const args = ['credentials', 'lake', '--config', here.file('loop.yaml', config)];
    const lines = [
      `echo run >> ${log}`,
      // A loop is to fail this test, and not to fill the machine.
      `[ "$(grep -c run ${log})" -lt 5 ] || exit 1`,
      `exec ${FEDBRIDGE} ${args.join(' ')} 2>> ${log}`,
    ];
    const script = here.file('loop.sh', lines.join('\n'));
    const fields = ['[profile loop]', `credential_process = /bin/sh ${script}`, ''];
    const environment = { AWS_CONFIG_FILE: here.file('loop-config', fields.join('\n')) };
    const { code, stdout, stderr } = await here.run(args, environment);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /: profile_process_failed \(profile loop/);
    const [run, why, ...more] = readFileSync(log, 'utf8').trim().split('\n');
    assert.deepEqual([run, more], ['run', []]);
    assert.match(
      why ?? '',
      /identity\.profile: must not lead back to itself, and the credential_process of AWS profile "loop" does/,
    );
  });
});
