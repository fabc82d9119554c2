// The documents that `fedbridge trust-policy --lint` reads, and those that it refuses.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { pins, policy, statement } from './policies.ts';
import { runTrustPolicy } from './program.ts';

describe('it reads', () => {
  const directory = mkdtempSync(join(tmpdir(), 'fedbridge-trust-policy-'));
  after(() => {
    rmSync(directory, { recursive: true });
  });
  const wrong = policy(statement({ Condition: pins({ ':oaud': undefined }) }));
  const encoded = encodeURIComponent(JSON.stringify(wrong));
  const role = { RoleName: 'gcp-lake-read', Arn: 'arn:aws:iam::123456789012:role/gcp-lake-read' };
  for (const [what, document] of [
    ['a policy', wrong],
    ['a policy as IAM’s API encodes it', encoded],
    ['what `aws iam get-role` prints', { Role: { ...role, AssumeRolePolicyDocument: wrong } }],
    ['that with the policy encoded', { Role: { ...role, AssumeRolePolicyDocument: encoded } }],
    ['that with the policy as text', { Role: { ...role, AssumeRolePolicyDocument: JSON.stringify(wrong) } }],
    ['the role alone', { ...role, AssumeRolePolicyDocument: wrong }],
  ] as const) {
    it(what, async () => {
      const path = join(directory, 'policy.json');
      writeFileSync(path, typeof document === 'string' ? document : JSON.stringify(document, null, 2));
      const { code, stdout } = await runTrustPolicy(['--lint', path]);
      assert.equal(code, 1);
      assert.match(stdout, /^statement 1: does not pin accounts\.google\.com:oaud: .*\n$/);
    });
  }
});

describe('it refuses, with nothing on standard output,', () => {
  for (const [what, input, said] of [
    ['what is no JSON', 'secret', /^fedbridge trust-policy: standard input: must be JSON, and is not\. \S/],
    [
      'broken JSON, by its place',
      '{"Version": "2012-10-17",\n}',
      /must be JSON, and is not from line 2, column 1 on\./,
    ],
    ['nothing', '', /must be JSON/],
    ['lists without end', '['.repeat(100_000), /must be JSON/],
    [
      'a policy without a statement',
      '{"Version": "2012-10-17"}',
      /must be a trust policy, with a Statement .* `aws iam get-role/,
    ],
    ['a policy with an empty list', '{"Statement": []}', /must be a trust policy/],
    ['statements that are none', '{"Statement": ["Allow"]}', /must be a trust policy/],
    ['another document', '"text"', /must be a trust policy/],
  ] as const) {
    it(what, async () => {
      const { code, stdout, stderr } = await runTrustPolicy(['--lint', '-'], { input });
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, said);
      assert.ok(!stderr.includes('secret'));
    });
  }
  it('a file that there is not', async () => {
    const { code, stdout, stderr } = await runTrustPolicy(['--lint', '/nowhere/policy.json']);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^fedbridge trust-policy: --lint: .*"\/nowhere\/policy\.json" does not exist\./);
  });
});
