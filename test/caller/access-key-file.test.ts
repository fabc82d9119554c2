// The proxy's access key survives a restart in a file that only its owner can read.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { keptAccessKey } from '../../src/caller/proxy/access-key-file.ts';

const NOT_ROOT =
  process.getuid?.() === 0 ? false : 'skipped, because only root can give a file to another user';

describe("the proxy's access key file", () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'fedbridge-key-'));
  });
  after(() => {
    rmSync(directory, { recursive: true });
  });
  const fileOf = (name: string, content?: string, mode = 0o600): string => {
    const path = join(directory, name);
    if (content !== undefined) {
      writeFileSync(path, content);
      chmodSync(path, mode);
    }
    return path;
  };

  it('is created with a random key, and only its owner can read it, whatever the umask', () => {
    const umask = process.umask(0);
    try {
      const path = fileOf('new');
      const key = keptAccessKey(path);
      assert.match(key, /^FEDBRIDGE[0-9A-F]{40}$/);
      assert.equal(readFileSync(path, 'utf8'), `${key}\n`);
      assert.equal(statSync(path).mode & 0o777, 0o600);
      assert.notEqual(keptAccessKey(fileOf('other')), key);
    } finally {
      process.umask(umask);
    }
  });

  it('keeps its key when it is read again, and may contain any key of letters and digits', () => {
    const path = fileOf('kept');
    const key = keptAccessKey(path);
    assert.equal(keptAccessKey(path), key);
    assert.equal(keptAccessKey(fileOf('own', 'AKIAabcdefghijklmnop0123\n')), 'AKIAabcdefghijklmnop0123');
    assert.equal(keptAccessKey(fileOf('longest', 'a'.repeat(128))), 'a'.repeat(128));
  });

  it('is rejected if others can read or write it', () => {
    for (const mode of [0o640, 0o604, 0o620, 0o602]) {
      const path = fileOf(`mode-${mode}`, 'AKIAabcdefghijklmnop0123', mode);
      assert.throws(
        () => keptAccessKey(path),
        ({ message }: Error) =>
          message.includes(`has the mode 0${mode.toString(8)}`) &&
          message.includes('chmod 600') &&
          !message.includes('AKIA'),
      );
    }
  });

  it('is rejected if it belongs to another user, who may know the key', { skip: NOT_ROOT }, () => {
    const path = fileOf('foreign', 'AKIAabcdefghijklmnop0123');
    chownSync(path, 12_345, 0);
    assert.throws(
      () => keptAccessKey(path),
      ({ message }: Error) =>
        message.includes('must belong to you or to root, but') &&
        message.includes('belongs to user 12345') &&
        !message.includes('AKIA'),
    );
  });

  it('is rejected if it does not contain a valid key, and the error does not reveal its content', () => {
    for (const [name, content] of [
      ['empty', ''],
      ['short', 'secret1234567890123'],
      ['two-lines', `secret${'a'.repeat(20)}\nsecret${'b'.repeat(20)}`],
      ['space', `secret ${'a'.repeat(30)}`],
      ['too-long', `secret${'a'.repeat(123)}`],
      ['huge', `secret${'a'.repeat(1_000_000)}`],
    ] as const)
      assert.throws(
        () => keptAccessKey(fileOf(name, content)),
        ({ message }: Error) =>
          /must contain only a key of 20 to 128 letters and digits, .* Delete the file/.test(message) &&
          !message.includes('secret'),
        name,
      );
  });

  it('is rejected if it is a directory, a named pipe or a dangling link, or if its directory is missing', () => {
    mkdirSync(join(directory, 'folder'), { mode: 0o700 });
    execFileSync('mkfifo', ['-m', '600', join(directory, 'pipe')]);
    for (const name of ['folder', 'pipe'])
      assert.throws(() => keptAccessKey(join(directory, name)), /must contain only a key/);
    symlinkSync(join(directory, 'nowhere'), join(directory, 'link'));
    assert.throws(
      () => keptAccessKey(join(directory, 'link')),
      /must be a readable file, but reading ".*link" failed \(ENOENT\)/,
    );
    assert.throws(
      () => keptAccessKey(join(directory, 'none', 'key')),
      /creating ".*key" failed \(ENOENT\)\. Check that the directory exists/,
    );
  });
});
