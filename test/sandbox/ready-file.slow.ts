// The ready file contains keys. Other users who can write to its directory must be unable to read it, or to make the sandbox
// overwrite a different file.
import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import type { TestContext } from 'node:test';
import { writeReadyFile } from '../../src/sandbox/ready-file.ts';

function sharedDirectory(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'fedbridge-ready-'));
  context.after(() => {
    rmSync(directory, { recursive: true });
  });
  const shared = join(directory, 'shared');
  mkdirSync(shared);
  chmodSync(shared, 0o1777);
  return shared;
}

it('writing the ready file does not overwrite the target of a planted link', async (context) => {
  const shared = sharedDirectory(context);
  const [path, victim] = [join(shared, 'ready.json'), join(shared, '../victim')];
  writeFileSync(victim, 'precious');
  symlinkSync(victim, path);
  symlinkSync(victim, `${path}.${process.pid}.partial`);
  await writeReadyFile(path, { bridge: 'here' });
  assert.equal(readFileSync(victim, 'utf8'), 'precious');
  assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), { bridge: 'here' });
});

it('only its owner can read the ready file, whatever was planted at its path', async (context) => {
  const shared = sharedDirectory(context);
  const path = join(shared, 'ready.json');
  for (const planted of [path, `${path}.${process.pid}.partial`]) {
    writeFileSync(planted, '');
    chmodSync(planted, 0o666);
  }
  await writeReadyFile(path, { bridge: 'here' });
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(shared), ['ready.json', `ready.json.${process.pid}.partial`]);
});
