// `fedbridge trust-policy --for SERVICE` prints trust policies for roles that Google services assume. The command needs no
// configuration.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { trustPolicy } from '../../src/policy/trust-policy.ts';
import { runTrustPolicy } from '../policy/lint/program.ts';

const ID = '110334567890123456789';
/** No command in this file reads the configuration. */
const BROKEN = { FEDBRIDGE_CONFIG: '/nowhere/fedbridge.yaml' };

const run = (args: readonly string[], input = '') => runTrustPolicy(args, { environment: BROKEN, input });

async function printed(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(args);
  assert.deepEqual([code, stderr], [0, '']);
  return stdout;
}

const SUBJECT_ONLY = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Federated: 'accounts.google.com' },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: { StringEquals: { 'accounts.google.com:sub': ID } },
    },
  ],
};

describe('fedbridge trust-policy --for', () => {
  for (const args of [
    ['--for', 'storage-transfer', '--subject-id', ID],
    ['--for', 'bigquery', '--identity', ID],
  ]) {
    it(`prints a policy that pins only :sub and passes the lint: ${args.join(' ')}`, async () => {
      const text = await printed(...args);
      assert.deepEqual(JSON.parse(text), SUBJECT_ONLY);
      const { code, stdout } = await run([...args, '--lint', '-'], text);
      assert.deepEqual([code, stdout], [0, '']);
    });
  }

  it('prints, for dataflow, a policy that pins :aud, :oaud and :sub and passes the lint', async () => {
    const args = ['--for', 'dataflow', '--unique-id', ID, '--audience', 'aws-lake'];
    const text = await printed(...args);
    assert.deepEqual(JSON.parse(text), trustPolicy({ uniqueId: ID, audience: 'aws-lake' }));
    const { code, stdout } = await run([...args, '--lint', '-'], text);
    assert.deepEqual([code, stdout], [0, '']);
  });

  it('with --lint accepts a policy for dataflow only if the policy pins :aud, :oaud and :sub', async () => {
    const { code, stdout } = await run(['--for', 'dataflow', '--lint', '-'], JSON.stringify(SUBJECT_ONLY));
    assert.equal(code, 1);
    assert.match(stdout, /does not pin accounts\.google\.com:oaud/);
  });
  it('with --lint does not require the ID, but prints a note to check it', async () => {
    const { code, stdout } = await run(['--for', 'bigquery', '--lint', '-'], JSON.stringify(SUBJECT_ONLY));
    assert.equal(code, 0);
    assert.match(stdout, /^Note: statement 1: trusts "110334567890123456789" for any audience\..*bq show/);
  });
});

describe('fedbridge trust-policy, with invalid options', () => {
  for (const [args, expected] of [
    [
      ['--for', 'storagetransfer', '--subject-id', ID],
      /--for: must be storage-transfer, .*\. Did you mean "storage-transfer"\?/,
    ],
    [['--for', 'athena'], /--for: must be .*, not "athena"\. .* give --unique-id and --audience/],
    [
      ['--for', 'bigquery', '--identity', 'x@y; rm -rf'],
      /--identity: must be the identity of the BigQuery connection, .*"x@y; rm -rf"\. To find .*: bq show /,
    ],
    [
      ['--for', 'storage-transfer', '--subject-id', 'project-1@storage-transfer-service.example'],
      /--subject-id: must be the subject ID .*\. To find .*: curl .*storagetransfer\.googleapis\.com/,
    ],
  ] as const) {
    it(`prints the problem and the remedy only to standard error: ${args.join(' ')}`, async () => {
      const { code, stdout, stderr } = await run(args);
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, expected);
    });
  }

  for (const [args, expected] of [
    [['--for', 'storage-transfer'], /--for storage-transfer needs --subject-id\./],
    [['--for', 'bigquery'], /--for bigquery needs --identity\./],
    [['--for', 'dataflow'], /--for dataflow needs --unique-id and --audience\./],
    [['--for', 'dataflow', '--unique-id', ID], /--for dataflow needs --audience\./],
    [['--for', 'bigquery', '--identity', ID, '--audience', 'x'], /Google documents only the claim sub/],
    [['--identity', ID], /--identity can be used only with --for bigquery\./],
    [
      ['--for', 'dataflow', '--subject-id', ID],
      /--subject-id can be used only with --for storage-transfer\./,
    ],
    [['--for', 'bigquery', '--identity', ID, 'lake'], /--for cannot be combined with ROLE/],
    [['--for', 'bigquery', '--identity', ID, '--config', 'x.yaml'], /--for cannot be combined with ROLE/],
  ] as const) {
    it(`prints the problem and the usage only to standard error: ${args.join(' ')}`, async () => {
      const { code, stdout, stderr } = await run(args);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, expected);
      assert.match(stderr, /\nUsage: fedbridge trust-policy \[/);
    });
  }
});
