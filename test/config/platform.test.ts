// The platform that the bridge detects from its environment, and the variables that its child processes inherit.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inheritedEnvironment, readPlatform } from '../../src/config/load.ts';

describe('the platform', () => {
  it('is Cloud Run if K_SERVICE is set', () => {
    assert.deepEqual(readPlatform({ K_SERVICE: 'bridge', K_REVISION: 'bridge-00001' }), {
      kind: 'cloud-run',
      service: 'bridge',
      revision: 'bridge-00001',
    });
  });
  it('is Cloud Run if CLOUD_RUN_JOB is set', () => {
    assert.deepEqual(readPlatform({ CLOUD_RUN_JOB: 'doctor', CLOUD_RUN_EXECUTION: 'doctor-abc' }), {
      kind: 'cloud-run',
      service: 'doctor',
      revision: 'doctor-abc',
    });
  });
  it('is an ordinary machine if K_SERVICE is unset or empty', () => {
    assert.deepEqual(readPlatform({}), { kind: 'machine' });
    assert.deepEqual(readPlatform({ K_SERVICE: '', PORT: '8080' }), { kind: 'machine' });
  });
});

describe('a child process', () => {
  it('inherits the variables that it needs to run and log, but no credentials or configuration', () => {
    const needed = {
      PATH: '/bin',
      HOME: '/root',
      XDG_CACHE_HOME: '/root/.caches',
      LOG_LEVEL: 'debug',
      NO_COLOR: '1',
      NODE_OPTIONS: '--trace-warnings',
    };
    const rest = {
      AWS_SECRET_ACCESS_KEY: 'x',
      AWS_ROLE_ARN: 'x',
      FEDBRIDGE_CONFIG: 'x',
      GOOGLE_APPLICATION_CREDENTIALS: 'x',
      XPATH: 'x',
    };
    assert.deepEqual(inheritedEnvironment({ ...needed, ...rest, UNSET: undefined }), needed);
  });
});
