// Tests which documents `fedbridge trust-policy --lint` accepts and which it rejects.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { pins, policy, statement } from './policies.ts';
import { runTrustPolicy } from './program.ts';

describe('fedbridge trust-policy --lint', () => {
  const directory = mkdtempSync(join(tmpdir(), 'fedbridge-trust-policy-'));
  after(() => {
    rmSync(directory, { recursive: true });
  });
  const wrong = policy(statement({ Condition: pins({ ':oaud': undefined }) }));
  const encoded = encodeURIComponent(JSON.stringify(wrong));
  const role = { RoleName: 'gcp-lake-read', Arn: 'arn:aws:iam::123456789012:role/gcp-lake-read' };
  for (const [what, document] of [
    ['a policy', wrong],
    ["a policy as encoded by IAM's API", encoded],
    ['the output of `aws iam get-role`', { Role: { ...role, AssumeRolePolicyDocument: wrong } }],
    [
      'the output of `aws iam get-role` with the policy encoded',
      { Role: { ...role, AssumeRolePolicyDocument: encoded } },
    ],
    [
      'the output of `aws iam get-role` with the policy as a string',
      { Role: { ...role, AssumeRolePolicyDocument: JSON.stringify(wrong) } },
    ],
    ['a role without the enclosing document', { ...role, AssumeRolePolicyDocument: wrong }],
  ] as const) {
    it(`accepts ${what}`, async () => {
      const path = join(directory, 'policy.json');
      writeFileSync(path, typeof document === 'string' ? document : JSON.stringify(document, null, 2));
      const { code, stdout } = await runTrustPolicy(['--lint', path]);
      assert.equal(code, 1);
      assert.match(stdout, /^statement 1: does not pin accounts\.google\.com:oaud: .*\n$/);
    });
  }
});

describe('fedbridge trust-policy --lint', () => {
  for (const [what, input, message] of [
    [
      'text that is not JSON',
      'secret',
      /^fedbridge trust-policy: standard input: must be valid JSON, but is not\. \S/,
    ],
    [
      'invalid JSON, with its position',
      '{"Version": "2012-10-17",\n}',
      /must be valid JSON, but is not from line 2, column 1\./,
    ],
    ['empty input', '', /must be valid JSON/],
    ['deeply nested lists', '['.repeat(100_000), /must be valid JSON/],
    [
      'a policy without a statement',
      '{"Version": "2012-10-17"}',
      /must be a trust policy with a Statement .* `aws iam get-role/,
    ],
    ['a policy with an empty list of statements', '{"Statement": []}', /must be a trust policy/],
    ['statements that are not objects', '{"Statement": ["Allow"]}', /must be a trust policy/],
    ['JSON that is not a policy', '"text"', /must be a trust policy/],
  ] as const) {
    it(`prints nothing to standard output and rejects ${what}`, async () => {
      const { code, stdout, stderr } = await runTrustPolicy(['--lint', '-'], { input });
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, message);
      assert.ok(!stderr.includes('secret'));
    });
  }
  it('prints nothing to standard output and rejects a file that does not exist', async () => {
    const { code, stdout, stderr } = await runTrustPolicy(['--lint', '/nowhere/policy.json']);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^fedbridge trust-policy: --lint: .*"\/nowhere\/policy\.json" does not exist\./);
  });
});
