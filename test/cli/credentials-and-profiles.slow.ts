// `fedbridge credentials` ignores the AWS profile that may be running it. If a profile's `credential_process` uses that same
// profile, the command fails instead of looping.
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

describe('fedbridge credentials with AWS_PROFILE set', () => {
  const profiles = (...lines: readonly string[]) => ({
    AWS_CONFIG_FILE: here.file('aws-config', ['[profile lake]', ...lines, ''].join('\n')),
    AWS_PROFILE: 'lake',
  });

  it('ignores the profile if the output is for a credential_process, because the profile itself might run this command', async () => {
    const running = profiles(`credential_process = ${FEDBRIDGE} credentials lake`);
    await here.control('DELETE', '/calls');
    const { code, stderr } = await here.run(['credentials', 'lake'], running);
    assert.deepEqual([code, stderr], [0, '']);
    const actions = (await here.calls('sts')).map(({ action }) => action);
    assert.deepEqual(actions, ['AssumeRoleWithWebIdentity']);
  });

  it('uses the profile, as the bridge does, if the output is for a shell', async () => {
    const { code, stderr } = await here.run(['credentials', 'lake', '--format', 'env'], profiles());
    assert.equal(code, 1);
    assert.match(stderr, /: profile_unresolved \(profile lake, /);
  });

  it('reports that AWS_PROFILE was ignored if there is no other identity', async () => {
    const nowhere = { ...profiles(), GCE_METADATA_HOST: '127.0.0.1:1' };
    const { code, stderr } = await here.run(['credentials', 'lake'], nowhere);
    assert.equal(code, 1);
    assert.match(stderr, /could not be assumed \(AWS_PROFILE is ignored with --format process\): metadata_/);
  });
});

describe('an AWS profile whose credential_process refers back to the profile', () => {
  it('fails instead of starting processes endlessly', async () => {
    const log = here.file('runs', '');
    const config = withRoles(
      here.contract,
      { lake: `arn: "${here.contract.role}"` },
      'identity: { profile: loop }',
    );
    const args = ['credentials', 'lake', '--config', here.file('loop.yaml', config)];
    const lines = [
      `echo run >> ${log}`,
      // Limits the number of processes, so that a loop fails only this test.
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
      /identity\.profile: must not depend on itself, but AWS profile "loop" has a credential_process that uses the same profile/,
    );
  });
});
