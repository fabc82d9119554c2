// What `fedbridge doctor` prints for people, and how it ends where it is used wrongly or nobody reads on.
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

describe('fedbridge doctor tells a person', () => {
  it('what was compared, a line each, and what to do: in full once, and then where it was said', async () => {
    const yaml = withRoles(clinic.contract, {
      lake: `arn: "${clinic.contract.role}"`,
      first: 'arn: "arn:aws:iam::123456789012:role/one"',
      second: 'arn: "arn:aws:iam::123456789012:role/two"',
    });
    await clinic.fault({ supplier: 'sts', fault: 'refuse' });
    const { code, stdout, stderr } = await clinic.run(['doctor', ...clinic.configured(yaml)]);
    assert.deepEqual([code, stderr], [1, '']);
    const { sts } = clinic.contract;
    const asked = `    requested  ${sts}\n    error      ECONNREFUSED\n`;
    assert.ok(
      stdout.includes(
        `✗ role lake: cannot be assumed: sts_unreachable\n${asked}    → This machine does not reach ${new URL(sts).host}: `,
      ),
      stdout,
    );
    for (const name of ['first', 'second'])
      assert.ok(
        stdout.includes(
          `✗ role ${name}: cannot be assumed: sts_unreachable\n${asked}    → as for role lake\n`,
        ),
        stdout,
      );
    assert.ok(stdout.includes('– buckets of role lake: not asked for: acme-lake\n'), stdout);
    assert.ok(stdout.includes('! configuration: roles.first is used by no bucket\n'), stdout);
    assert.ok(
      stdout.endsWith(
        '\nSomething is wrong. Mend the first ✗ (role lake), then ask again: what comes after it may follow from it.\n',
      ),
    );
  });

  it('that it works, where something is doubtful', async () => {
    const yaml = withRoles(clinic.contract, {
      lake: `arn: "${clinic.contract.role}"`,
      spare: 'arn: "arn:aws:iam::210987654321:role/lake-data"',
    });
    await clinic.control('PUT', '/clock', { offsetSeconds: 40 });
    const { code, stdout } = await clinic.run(['doctor']);
    assert.equal(code, 3);
    assert.ok(stdout.endsWith('\nIt works; what is marked ! deserves a look.\n'), stdout);
    // Wrong is worse.
    assert.equal((await clinic.run(['doctor', ...clinic.configured(yaml)])).code, 1);
  });

  it('that not all was looked at', async () => {
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
    assert.ok(stdout.endsWith('Items marked – were not checked, or not proven.\n'), stdout);
  });

  it('nothing that is secret, and no letter that moves the cursor', async () => {
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

describe('fedbridge doctor ends', () => {
  const WRONG: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['an option is unknown', ['--yaml'], /Unknown option '--yaml'\./],
    ['an option lacks its value', ['--config'], /'--config <value>' argument missing\./],
    ['a switch is repeated', ['--json', '--json'], /--json is given twice/],
    ['there is no place for an argument', ['acme.yaml'], /There is no place for "acme\.yaml"\./],
  ];
  for (const [what, args, says] of WRONG)
    it(`with 2 and its usage, where ${what}`, async () => {
      const [line = '', usage = ''] = await failing(clinic, 2, ['doctor', ...args]);
      assert.match(line, says);
      assert.ok(usage.startsWith('Usage: fedbridge doctor '), usage);
    });

  const FILES: readonly (readonly [string, string, RegExp])[] = [
    ['is not there', '/nowhere.json', /--trust-policy: must name a readable file/],
    ['is no JSON', '', /--trust-policy: must be JSON/],
  ];
  for (const [what, path, says] of FILES)
    it(`with 1, before it asks anybody, where the trust policy's file ${what}`, async () => {
      const file = path === '' ? clinic.file('trust.json', 'Version: 2012-10-17') : path;
      await clinic.control('DELETE', '/calls');
      const [line = ''] = await failing(clinic, 1, ['doctor', '--trust-policy', file]);
      assert.match(line, says);
      assert.deepEqual(await clinic.calls('metadata'), []);
    });

  for (const args of [[], ['--json']])
    it(`with 1, and says nothing, where nobody reads it${args.map((arg) => ` (${arg})`).join('')}`, async () => {
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

  it('with 1, and says so, where there is no room for it', async () => {
    const { code, stderr } = await clinic.spawn('/bin/sh', ['-c', `${FEDBRIDGE} doctor > /dev/full`]);
    assert.equal(code, 1);
    assert.match(stderr, /^fedbridge doctor: standard output: must take the result, and did not \(ENOSPC\)/);
  });
});
