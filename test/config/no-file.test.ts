// Without a file, environment variables configure one role, one bucket and one grant.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConfig } from '../../src/cli/read-config.ts';
import type { Environment } from '../../src/config/environment.ts';
import { assertOneProblem, problemsOf, sampleWith } from './sample.ts';

const INLINE = `${sampleWith()}\n`;
const NO_FILE = {
  AWS_REGION: 'eu-west-1',
  AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/gcp-lake-read',
  FEDBRIDGE_AUDIENCE: 'https://lake-bridge.example',
  FEDBRIDGE_BUCKET: 'acme-lake',
  FEDBRIDGE_CALLERS: 'reader@example.com, 112010400000000710080',
};
const problemsOfEnv = (env: Environment) => problemsOf(() => readConfig(env));

describe('environment variables without a configuration file', () => {
  it('configure one role, one bucket and one grant', () => {
    const config = readConfig({ ...NO_FILE, FEDBRIDGE_PREFIX: 'raw/' });
    assert.deepEqual(config.audiences, ['https://lake-bridge.example']);
    assert.deepEqual(config.aws, { region: 'eu-west-1', audience: 'fedbridge' });
    assert.deepEqual(
      [...config.roles.values()].map(({ arn }) => arn),
      [NO_FILE.AWS_ROLE_ARN],
    );
    assert.deepEqual([...config.buckets.keys()], ['acme-lake']);
    assert.deepEqual(config.grants, [
      {
        position: 0,
        callers: [
          { kind: 'email', email: 'reader@example.com' },
          { kind: 'id', uniqueId: '112010400000000710080' },
        ],
        allow: ['get', 'list'],
        bucket: 'acme-lake',
        scope: { kind: 'prefix', prefix: 'raw/' },
      },
    ]);
  });

  for (const [name, value, problem] of [
    ['AWS_ROLE_ARN', '', /^AWS_ROLE_ARN: must be set .*ARN of the role/],
    ['FEDBRIDGE_AUDIENCE', '', /^FEDBRIDGE_AUDIENCE: must be set/],
    ['FEDBRIDGE_BUCKET', '', /^FEDBRIDGE_BUCKET: must be set/],
    ['FEDBRIDGE_CALLERS', '', /^FEDBRIDGE_CALLERS: must be set/],
    ['AWS_REGION', '', /^AWS_REGION: is missing/],
    ['AWS_ROLE_ARN', 'lake', /^AWS_ROLE_ARN: must be the ARN/],
    ['FEDBRIDGE_AUDIENCE', 'fedbridge', /^FEDBRIDGE_AUDIENCE: must differ from aws\.audience/],
    [
      'FEDBRIDGE_BUCKET',
      'Acme',
      /^FEDBRIDGE_BUCKET: must be a bucket name.*not "Acme"\. For an access point/,
    ],
    ['FEDBRIDGE_BUCKET', 's3://acme/raw', /not "s3:\/\/acme\/raw"\. Remove s3:\/\//],
    [
      'FEDBRIDGE_CALLERS',
      'reader@example.com,x',
      /^FEDBRIDGE_CALLERS: must be an email(?!.*quotes).*not "x"/,
    ],
    ['FEDBRIDGE_CALLERS', ',', /^FEDBRIDGE_CALLERS: must have at least one entry/],
    ['FEDBRIDGE_PREFIX', 'raw', /^FEDBRIDGE_PREFIX: .*end with "\/"/],
  ] as const) {
    it(`are rejected if ${name} is ${JSON.stringify(value)}`, () => {
      assertOneProblem(problemsOfEnv({ ...NO_FILE, [name]: value }), problem);
    });
  }

  it('are reported together if several are missing', () => {
    assert.equal(problemsOfEnv({ FEDBRIDGE_PREFIX: 'raw/' }).length, 5);
  });
  it('are listed in one error, along with FEDBRIDGE_CONFIG, if none is set', () => {
    assertOneProblem(
      problemsOfEnv({}),
      /^FEDBRIDGE_CONFIG: is not set.*YAML file.*AWS_ROLE_ARN, FEDBRIDGE_AUDIENCE/,
    );
  });
  it('must not be set together with FEDBRIDGE_CONFIG', () => {
    assertOneProblem(
      problemsOfEnv({ FEDBRIDGE_CONFIG: INLINE, AWS_ROLE_ARN: NO_FILE.AWS_ROLE_ARN }),
      /^AWS_ROLE_ARN: must not be set together with FEDBRIDGE_CONFIG/,
    );
  });
});
