// If `fedbridge serve` cannot start, it exits with a message that contains the reason and the fix.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { FAULTS } from '../../src/errors/table.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');

it('fedbridge serve prints the reason and exits if a profile needs an MFA code and there is no terminal', async (test) => {
  const home = await mkdtemp(join(tmpdir(), 'fedbridge-serve-'));
  test.after(() => rm(home, { recursive: true }));
  const files = {
    AWS_CONFIG_FILE: join(home, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(home, 'credentials'),
  };
  await writeFile(
    files.AWS_CONFIG_FILE,
    '[profile lake]\nrole_arn = arn:aws:iam::123456789012:role/developer\nsource_profile = me\nmfa_serial = arn:aws:iam::123456789012:mfa/developer\n',
  );
  await writeFile(
    files.AWS_SHARED_CREDENTIALS_FILE,
    '[me]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = not-a-secret\n',
  );
  const bridge = spawn(process.execPath, [MAIN, 'serve'], {
    // A process in a new session has no terminal.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      AWS_REGION: 'eu-west-1',
      AWS_PROFILE: 'lake',
      ...files,
      AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/lake',
      FEDBRIDGE_AUDIENCE: 'https://lake-bridge.example',
      FEDBRIDGE_BUCKET: 'acme-lake',
      FEDBRIDGE_CALLERS: 'reader@acme-prod.iam.gserviceaccount.com',
    },
  });
  let stderr = '';
  bridge.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  assert.deepEqual(await once(bridge, 'close'), [1, null]);
  assert.match(stderr, /^fedbridge serve: profile_mfa_no_terminal \(/);
  assert.ok(stderr.includes(FAULTS.profile_mfa_no_terminal.fix), stderr);
  assert.ok(!stderr.includes('not-a-secret'));
});
