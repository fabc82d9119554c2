// Tests `fedbridge doctor`'s text output, and its exit codes if the usage is wrong or the output cannot be written.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { after, afterEach, before, describe, it } from 'node:test';
import { inheritedEnvironment } from '../../src/config/load.ts';
import { failing, FEDBRIDGE, withRoles } from '../cli/as-the-bridge.ts';
import { openClinic } from './diagnosis.ts';
import type { Clinic } from './diagnosis.ts';

let clinic: Clinic;
before(async () => {
  clinic = await openClinic();
});
after(() => clinic.close());
afterEach(() => clinic.heal());

describe('the output of fedbridge doctor', () => {
  it('shows each compared value on its own line, and each fix in full only once', async () => {
    const yaml = withRoles(clinic.contract, {
      lake: `arn: "${clinic.contract.role}"`,
      first: 'arn: "arn:aws:iam::123456789012:role/one"',
      second: 'arn: "arn:aws:iam::123456789012:role/two"',
    });
    await clinic.fault({ upstream: 'sts', fault: 'refuse' });
    const { code, stdout, stderr } = await clinic.run(['doctor', ...clinic.configured(yaml)]);
    assert.deepEqual([code, stderr], [1, '']);
    const { sts } = clinic.contract;
    const compared = `    requested  ${sts}\n    error      ECONNREFUSED\n`;
    assert.ok(
      stdout.includes(
        `✗ role lake: cannot be assumed: sts_unreachable\n${compared}    → This machine cannot reach ${new URL(sts).host}. `,
      ),
      stdout,
    );
    for (const name of ['first', 'second'])
      assert.ok(
        stdout.includes(
          `✗ role ${name}: cannot be assumed: sts_unreachable\n${compared}    → Same fix as for role lake.\n`,
        ),
        stdout,
      );
    assert.ok(stdout.includes('– buckets of role lake: not checked: acme-lake\n'), stdout);
    assert.ok(stdout.includes('! configuration: roles.first is not used by any bucket\n'), stdout);
    assert.ok(
      stdout.endsWith(
        '\nProblems found. Fix the first ✗ (role lake), then rerun the doctor: later problems may have the same cause.\n',
      ),
    );
  });

  it('states that the bridge works if there are only warnings (!)', async () => {
    const yaml = withRoles(clinic.contract, {
      lake: `arn: "${clinic.contract.role}"`,
      spare: 'arn: "arn:aws:iam::210987654321:role/lake-data"',
    });
    await clinic.control('PUT', '/clock', { offsetSeconds: 40 });
    const { code, stdout } = await clinic.run(['doctor']);
    assert.equal(code, 3);
    assert.ok(stdout.endsWith('\nThe bridge works. Review the items marked !.\n'), stdout);
    // The exit code is 1 for a step marked ✗, even if another step is marked !.
    assert.equal((await clinic.run(['doctor', ...clinic.configured(yaml)])).code, 1);
  });

  it('says so if some items were not checked', async () => {
    const { audience, region, role, callers } = clinic.contract;
    const yaml = [
      `audience: ${audience}`,
      `aws: { region: ${region} }`,
      `roles: { lake: { arn: "${role}" } }`,
      'buckets: { acme-lake: { role: lake } }',
      'grants:',
      ...Array.from(
        { length: 9 },
        (_, i) => `  - { callers: [${callers.reader}], allow: [list], bucket: acme-lake, prefix: raw/${i}/ }`,
      ),
      '',
    ].join('\n');
    const { code, stdout } = await clinic.run(['doctor', ...clinic.configured(yaml)]);
    assert.equal(code, 0);
    assert.ok(stdout.endsWith('Items marked – were not checked or could not be verified.\n'), stdout);
  });

  it('shows no secrets, and no terminal control characters', async () => {
    const escape = '\u001b[2J';
    const { email } = clinic.contract.serviceAccount;
    const token = clinic.sandbox.mint({
      aud: 'fedbridge',
      azp: `x${escape}`,
      sub: 'x',
      email,
      iss: 'https://accounts.google.com',
    });
    const yaml = withRoles(
      clinic.contract,
      {
        lake: `arn: "${clinic.contract.role}", then: [{ arn: "arn:aws:iam::210987654321:role/lake-data", externalId: 5ecret }]`,
      },
      `identity: { file: "${clinic.file('token', token)}" }`,
    );
    const { stdout, stderr } = await clinic.run(['doctor', ...clinic.configured(yaml)]);
    assert.ok(stdout.includes('✗ identity token: '), stdout);
    assert.doesNotMatch(stdout + stderr, /eyJ|ASIA|AKIA|5ecret/);
    assert.ok(!stdout.includes(escape));
  });
});

describe('fedbridge doctor', () => {
  const WRONG: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['an option is unknown', ['--yaml'], /Unknown option '--yaml'\./],
    ['an option lacks its value', ['--config'], /'--config <value>' argument missing\./],
    ['a switch is repeated', ['--json', '--json'], /--json is given more than once/],
    ['an argument is unexpected', ['acme.yaml'], /Unexpected argument "acme\.yaml"\./],
  ];
  for (const [what, args, expected] of WRONG)
    it(`exits with code 2 and prints its usage if ${what}`, async () => {
      const [line = '', usage = ''] = await failing(clinic, 2, ['doctor', ...args]);
      assert.match(line, expected);
      assert.ok(usage.startsWith('Usage: fedbridge doctor '), usage);
    });

  const FILES: readonly (readonly [string, string, RegExp])[] = [
    ['does not exist', '/nowhere.json', /--trust-policy: must be the path to a readable file/],
    ['is not JSON', '', /--trust-policy: must be valid JSON/],
  ];
  for (const [what, path, expected] of FILES)
    it(`exits with code 1, before sending any request, if the trust policy file ${what}`, async () => {
      const file = path === '' ? clinic.file('trust.json', 'Version: 2012-10-17') : path;
      await clinic.control('DELETE', '/calls');
      const [line = ''] = await failing(clinic, 1, ['doctor', '--trust-policy', file]);
      assert.match(line, expected);
      assert.deepEqual(await clinic.calls('metadata'), []);
    });

  for (const args of [[], ['--json']])
    it(`exits with code 1 and prints no error message if the reader of its output has closed the pipe${args.map((arg) => ` (${arg})`).join('')}`, async () => {
      const [node = '', main = ''] = FEDBRIDGE.split(' ');
      const child = spawn(node, [main, 'doctor', ...args], {
        env: { ...inheritedEnvironment(), ...clinic.sandbox.environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child.stdout.destroy();
      const ended = once(child, 'close');
      const stderr = await text(child.stderr);
      await ended;
      assert.equal(child.exitCode, 1);
      assert.equal(stderr, '');
    });

  it('exits with code 1 and prints an error message if its output cannot be written', async () => {
    const { code, stderr } = await clinic.spawn('/bin/sh', ['-c', `${FEDBRIDGE} doctor > /dev/full`]);
    assert.equal(code, 1);
    assert.match(stderr, /^fedbridge doctor: standard output: the result could not be written \(ENOSPC\)/);
  });
});
