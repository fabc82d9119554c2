// What the environment says about the machine, and what of it a child process gets.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inheritedEnvironment, readPlatform } from '../../src/config/load.ts';

describe('the platform', () => {
  it('is Cloud Run where K_SERVICE is set', () => {
    assert.deepEqual(readPlatform({ K_SERVICE: 'bridge', K_REVISION: 'bridge-00001' }), {
      kind: 'cloud-run',
      service: 'bridge',
      revision: 'bridge-00001',
    });
  });
  it('is Cloud Run for a command that runs there as a job', () => {
    assert.deepEqual(readPlatform({ CLOUD_RUN_JOB: 'doctor', CLOUD_RUN_EXECUTION: 'doctor-abc' }), {
      kind: 'cloud-run',
      service: 'doctor',
      revision: 'doctor-abc',
    });
  });
  it('is a machine elsewhere, and where K_SERVICE is empty', () => {
    assert.deepEqual(readPlatform({}), { kind: 'machine' });
    assert.deepEqual(readPlatform({ K_SERVICE: '', PORT: '8080' }), { kind: 'machine' });
  });
});

describe('a child process', () => {
  it('gets what it needs to run and to log, and no credentials or configuration', () => {
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
