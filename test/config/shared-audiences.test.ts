// An audience that is not the bridge's own: tokens for it go to other programs as well, and each of them could use them here.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConfig } from '../../src/cli/read-config.ts';
import { problemsOf, problemsWith, assertOneProblem } from './sample.ts';
import { SHARED_AUDIENCES, UNSHARED_AUDIENCES } from './audiences.ts';

const REMEDY = /Use the URL of this bridge.*`allowSharedAudience: true` in the configuration file/;

describe('a shared audience', () => {
  for (const [audience, whose] of SHARED_AUDIENCES) {
    it(`is refused as audience: ${audience}`, () => {
      const [problem = '', ...more] = problemsWith(['audience', ['https://lake-bridge.example', audience]]);
      assert.deepEqual(more, []);
      assert.match(problem, /^audience: must be for this bridge only/);
      // Long values are cut.
      assert.ok(problem.includes(`"${audience.slice(0, 60)}`), problem);
      assert.ok(problem.includes(` is ${whose}: `), problem);
      assert.match(problem, REMEDY);
    });
    it(`is accepted if the configuration allows it: ${audience}`, () => {
      assert.deepEqual(problemsWith(['audience', audience], ['allowSharedAudience', true]), []);
      assert.equal(problemsWith(['audience', audience], ['allowSharedAudience', false]).length, 1);
    });
  }

  it('is refused in the form without a file, whose variable is named', () => {
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

  it('is refused as aws.audience, unless it is that of STS itself', () => {
    const client = '32555940559.apps.googleusercontent.com';
    assertOneProblem(
      problemsWith(['aws audience', client]),
      /^aws\.audience: must be for STS only, and "32555940559\.apps.* is an OAuth client ID/,
    );
    assert.deepEqual(problemsWith(['aws audience', client], ['allowSharedAudience', true]), []);
    assert.deepEqual(problemsWith(['aws audience', 'sts.amazonaws.com']), []);
  });

  it('is not allowed by anything but true', () => {
    assertOneProblem(
      problemsWith(['allowSharedAudience', 'true']),
      /^allowSharedAudience: must be true or false.*Write it without quotes/,
    );
  });
});

describe('an audience of its own', () => {
  for (const audience of UNSHARED_AUDIENCES)
    it(`is accepted: ${audience}`, () => {
      assert.deepEqual(problemsWith(['audience', audience]), []);
    });
});
