// The bridge's identity comes from the document, from AWS_PROFILE or from the platform.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConfig } from '../../src/cli/read-config.ts';
import type { Environment } from '../../src/config/environment.ts';
import { assertOneProblem, problemsOf, sampleWith } from './sample.ts';

const inline = (identity?: unknown): string => `${sampleWith(['identity', identity])}\n`;
const identityOf = (env: Environment) => readConfig(env).identity;
const EMAIL = 'fedbridge@acme-prod.iam.gserviceaccount.com';

describe("the bridge's identity", () => {
  it('comes from the metadata server by default', () => {
    assert.deepEqual(identityOf({ FEDBRIDGE_CONFIG: inline() }), { kind: 'metadata' });
  });

  it('is the profile in AWS_PROFILE if the document sets no identity', () => {
    const env = { AWS_PROFILE: 'lake' };
    const profile = { kind: 'profile', name: 'lake' };
    assert.deepEqual(identityOf({ ...env, FEDBRIDGE_CONFIG: inline() }), profile);
    for (const [identity, source] of [
      ['metadata', { kind: 'metadata' }],
      [{ impersonate: EMAIL }, { kind: 'impersonate', email: EMAIL }],
      [{ profile: 'other' }, { kind: 'profile', name: 'other' }],
    ] as const)
      assert.deepEqual(identityOf({ ...env, FEDBRIDGE_CONFIG: inline(identity) }), source);
    const noFile = {
      AWS_REGION: 'eu-west-1',
      AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/gcp-lake-read',
      FEDBRIDGE_AUDIENCE: 'https://lake-bridge.example',
      FEDBRIDGE_BUCKET: 'acme-lake',
      FEDBRIDGE_CALLERS: 'reader@example.com',
    };
    assert.deepEqual(identityOf({ ...env, ...noFile }), profile);
    assert.deepEqual(identityOf(noFile), { kind: 'metadata' });
  });

  it('cannot be an AWS profile on Cloud Run', () => {
    const problemsOfEnv = (env: Environment) => problemsOf(() => readConfig({ ...env, K_SERVICE: 'bridge' }));
    assertOneProblem(
      problemsOfEnv({ AWS_PROFILE: 'lake', FEDBRIDGE_CONFIG: inline() }),
      /^AWS_PROFILE: must not be used on Cloud Run\. Assume the roles with the service's Google identity/,
    );
    assertOneProblem(
      problemsOfEnv({ FEDBRIDGE_CONFIG: inline({ profile: 'lake' }) }),
      /^identity\.profile: must not be used on Cloud Run/,
    );
    assert.deepEqual(problemsOfEnv({ FEDBRIDGE_CONFIG: inline() }), []);
  });

  it('is obtained by impersonation through the API URL in FEDBRIDGE_GOOGLE_APIS', () => {
    const config = (origin: string) =>
      readConfig({ FEDBRIDGE_CONFIG: inline({ impersonate: EMAIL }), FEDBRIDGE_GOOGLE_APIS: origin });
    assert.equal(config('http://127.0.0.1:8082/').googleApis, 'http://127.0.0.1:8082');
    assert.equal(config('').googleApis, undefined);
  });
});
