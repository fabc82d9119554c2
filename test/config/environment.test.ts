// Tests the bridge's environment variables. A value in the document overrides the variable for the same setting.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConfig } from '../../src/cli/read-config.ts';
import type { Environment } from '../../src/config/environment.ts';
import { VARIABLES } from '../../src/config/environment-variables.ts';
import { assertOneProblem, problemsOf, sampleWith } from './sample.ts';

const INLINE = `${sampleWith()}\n`;
const problemsOfEnv = (env: Environment) => problemsOf(() => readConfig(env));

describe('an environment variable', () => {
  for (const [name, value, problem] of [
    ['PORT', '65536', /must be a port number from .*not "65536"/],
    ['PORT', '80a', /must be a port number/],
    ['PORT', '-1', /must be a port number/],
    ['FEDBRIDGE_HOST', '127.0.0.1:80', /without a port/],
    ['FEDBRIDGE_HOST', '[::1]', /without brackets/],
    ['AWS_REGION', 'Ireland', /must be an AWS region/],
    ['AWS_ENDPOINT_URL_STS', 'http://sts.example', /http only for a loopback host/],
    ['AWS_ENDPOINT_URL_STS', 'https://user:password@sts.example', /not "https:\/\/…@sts\.example"/],
    ['AWS_ENDPOINT_URL_S3', 'https://s3.example/?x', /nothing after it/],
    ['AWS_ENDPOINT_URL_S3', 's3.example', /must be https:/],
    ['GCE_METADATA_HOST', 'http://metadata/path', /HOST or HOST:PORT/],
    ['GCE_METADATA_HOST', 'a b', /HOST or HOST:PORT/],
    ['FEDBRIDGE_GOOGLE_CERTS', 'http://keys.example/certs', /https URL of a JSON Web Key Set/],
    ['FEDBRIDGE_GOOGLE_APIS', 'http://apis.example', /http only for a loopback host/],
    ['FEDBRIDGE_GOOGLE_APIS', 'https://apis.example/v1', /nothing after it/],
    ['AWS_PROFILE', 'a\u001b[2Jb', /must be the name of an AWS profile/],
    ['LOG_LEVEL', 'verbose', /must be one of fatal, error, warn, info, debug, trace, silent, not "verbose"/],
    ['FEDBRIDGE_METRICS_PORT', 'x', /must be a port number/],
    ['FEDBRIDGE_METRICS_PORT', '8080', /must differ from PORT/],
    ['FEDBRIDGE_METRICS_HOST', '127.0.0.1', /must be set together with FEDBRIDGE_METRICS_PORT/],
    ['FEDBRIDGE_REUSE_PORT', 'yes', /must be one of 0, 1, not "yes"/],
  ] as const) {
    it(`is rejected if its value is invalid: ${name}=${JSON.stringify(value)}`, () => {
      const problems = problemsOfEnv({ FEDBRIDGE_CONFIG: INLINE, [name]: value });
      assertOneProblem(problems, problem);
      assert.ok(problems[0]?.startsWith(`${name}: `));
    });
  }

  for (const value of ['127.0.0.1:9101', '[::1]', 'a host']) {
    it(`is rejected if its value is invalid: FEDBRIDGE_METRICS_HOST=${JSON.stringify(value)}`, () => {
      const env = { FEDBRIDGE_CONFIG: INLINE, FEDBRIDGE_METRICS_PORT: '9101', FEDBRIDGE_METRICS_HOST: value };
      assertOneProblem(problemsOfEnv(env), /^FEDBRIDGE_METRICS_HOST: must be an address or host name .*port/);
    });
  }

  it("named FEDBRIDGE_METRICS_HOST changes the metrics port's address from 127.0.0.1", () => {
    const env = { FEDBRIDGE_CONFIG: INLINE, FEDBRIDGE_HOST: '10.8.0.2', FEDBRIDGE_METRICS_PORT: '9101' };
    assert.deepEqual(readConfig(env).listen.metrics, { host: '127.0.0.1', port: 9101 });
    const { listen } = readConfig({ ...env, FEDBRIDGE_METRICS_HOST: '::' });
    assert.deepEqual([listen.host, listen.metrics], ['10.8.0.2', { host: '::', port: 9101 }]);
  });

  it('sets the corresponding value in the configuration', () => {
    const config = readConfig({
      FEDBRIDGE_CONFIG: INLINE,
      PORT: '0',
      FEDBRIDGE_HOST: '::1',
      AWS_ENDPOINT_URL_STS: 'http://localhost:4566/',
      AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9000',
      GCE_METADATA_HOST: '127.0.0.1:8081',
      FEDBRIDGE_GOOGLE_CERTS: 'http://127.0.0.1:8082/certs',
      LOG_LEVEL: 'debug',
      FEDBRIDGE_METRICS_PORT: '0',
      FEDBRIDGE_REUSE_PORT: '1',
    });
    assert.deepEqual(config.listen, {
      host: '::1',
      port: 0,
      reusePort: true,
      metrics: { host: '127.0.0.1', port: 0 },
    });
    assert.equal(config.aws.stsEndpoint, 'http://localhost:4566');
    assert.equal(config.buckets.get('acme-lake')?.endpoint, 'http://127.0.0.1:9000');
    assert.equal(config.certsUrl, 'http://127.0.0.1:8082/certs');
    assert.equal(config.logLevel, 'debug');
  });

  it('counts as unset if it is empty', () => {
    const empty = Object.fromEntries(VARIABLES.map(({ name }) => [name, '']));
    const config = readConfig({ ...empty, FEDBRIDGE_CONFIG: INLINE });
    assert.deepEqual(config, readConfig({ FEDBRIDGE_CONFIG: INLINE }));
    assert.deepEqual(config.listen, { host: '127.0.0.1', port: 8080, reusePort: false });
    assert.equal(config.certsUrl, 'https://www.googleapis.com/oauth2/v3/certs');
    assert.equal(config.logLevel, 'info');
  });

  it('is overridden by the document if both set a value', () => {
    const text = sampleWith(['buckets acme-lake endpoint', 'https://own.example']);
    const env = { AWS_REGION: 'us-east-2', AWS_ENDPOINT_URL_S3: 'https://s3.example' };
    const config = readConfig({ ...env, FEDBRIDGE_CONFIG: `${text}\n` });
    assert.equal(config.aws.region, 'eu-west-1');
    assert.equal(config.buckets.get('acme-lake')?.endpoint, 'https://own.example');
    const bare = readConfig({ ...env, FEDBRIDGE_CONFIG: `${sampleWith(['aws', undefined])}\n` });
    assert.equal(bare.aws.region, 'us-east-2');
  });

  it("is reported together with the document's problems if its value is invalid", () => {
    const FEDBRIDGE_CONFIG = `${sampleWith(['audience', 5])}\n`;
    assert.equal(problemsOfEnv({ FEDBRIDGE_CONFIG, PORT: 'x', LOG_LEVEL: 'x' }).length, 3);
    assert.equal(problemsOfEnv({ FEDBRIDGE_CONFIG: 'a: "\n', PORT: 'x' }).length, 2);
    assert.equal(problemsOfEnv({ PORT: 'x' }).length, 2);
  });
});

describe('the setting responses.chunkAbove', () => {
  it('is 32 MB on Cloud Run and unlimited elsewhere, unless the document sets it', () => {
    const chunkAbove = (env: Environment, value?: string) =>
      readConfig({ ...env, FEDBRIDGE_CONFIG: `${sampleWith(['responses', { chunkAbove: value }])}\n` })
        .chunkAbove;
    assert.equal(chunkAbove({ K_SERVICE: 'bridge' }), 32_000_000);
    assert.equal(chunkAbove({}), Infinity);
    assert.equal(chunkAbove({ K_SERVICE: 'bridge' }, '5B'), 5);
  });
});

describe('the list of environment variables', () => {
  it('contains each environment variable once, with its meaning', () => {
    const names = VARIABLES.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    for (const { name, meaning } of VARIABLES) assert.ok(meaning.length > 5, name);
    for (const name of ['FEDBRIDGE_CONFIG', 'GCE_METADATA_HOST', 'AWS_ROLE_ARN', 'FEDBRIDGE_PREFIX'])
      assert.ok(names.includes(name), name);
  });
});
