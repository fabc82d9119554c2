// Audiences that several programs share: each of these programs receives tokens for the audience, and could replay
// them to the bridge.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConfig } from '../../src/cli/read-config.ts';
import { problemsOf, problemsWith, assertOneProblem } from './sample.ts';
import { SHARED_AUDIENCES, UNSHARED_AUDIENCES } from './audiences.ts';

const REMEDY = /Use this bridge's URL.*`allowSharedAudience: true` in the configuration file/;

describe('a shared audience', () => {
  for (const [audience, whose] of SHARED_AUDIENCES) {
    it(`is rejected in the audience field: ${audience}`, () => {
      const [problem = '', ...more] = problemsWith(['audience', ['https://lake-bridge.example', audience]]);
      assert.deepEqual(more, []);
      assert.match(problem, /^audience: must be for this bridge only/);
      // The error message truncates long values, so this compares only their first 60 characters.
      assert.ok(problem.includes(`"${audience.slice(0, 60)}`), problem);
      assert.ok(problem.includes(` is ${whose}: `), problem);
      assert.match(problem, REMEDY);
    });
    it(`is accepted if the configuration allows it: ${audience}`, () => {
      assert.deepEqual(problemsWith(['audience', audience], ['allowSharedAudience', true]), []);
      assert.equal(problemsWith(['audience', audience], ['allowSharedAudience', false]).length, 1);
    });
  }

  it('is rejected in an environment variable, with an error that names the variable', () => {
    const env = {
      AWS_REGION: 'eu-west-1',
      AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/gcp-lake-read',
      FEDBRIDGE_AUDIENCE: '32555940559.apps.googleusercontent.com',
      FEDBRIDGE_BUCKET: 'acme-lake',
      FEDBRIDGE_CALLERS: '112010400000000710080',
    };
    const problems = problemsOf(() => readConfig(env));
    assertOneProblem(problems, /^FEDBRIDGE_AUDIENCE: must be for this bridge only.* is an OAuth client ID/);
    assert.match(problems.join(), REMEDY);
  });

  it('is rejected as aws.audience unless it is sts.amazonaws.com or allowSharedAudience is set', () => {
    const client = '32555940559.apps.googleusercontent.com';
    assertOneProblem(
      problemsWith(['aws audience', client]),
      /^aws\.audience: must be for STS only, but "32555940559\.apps.* is an OAuth client ID/,
    );
    assert.deepEqual(problemsWith(['aws audience', client], ['allowSharedAudience', true]), []);
    assert.deepEqual(problemsWith(['aws audience', 'sts.amazonaws.com']), []);
  });

  it('is accepted only if allowSharedAudience is the boolean true, not a string', () => {
    assertOneProblem(
      problemsWith(['allowSharedAudience', 'true']),
      /^allowSharedAudience: must be true or false.*Write the value without quotes/,
    );
  });
});

describe('an audience that is not shared', () => {
  for (const audience of UNSHARED_AUDIENCES)
    it(`is accepted: ${audience}`, () => {
      assert.deepEqual(problemsWith(['audience', audience]), []);
    });
});
