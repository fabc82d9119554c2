// Keeps the proxy's access key in a file, so that clients need no new configuration after a restart of the proxy.
import { closeSync, constants, fstatSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { describeProblem } from '../../config/problem.ts';
import { quote } from '../../config/show.ts';
import { createAccessKey } from './access-key.ts';

/**
 * The format of an access key: at most 128 characters, as AWS allows, and at least 20, because a shorter random key could be
 * guessed.
 */
const ACCESS_KEY = /^[A-Za-z\d]{20,128}$/;

/** The maximum size of the file. The longest key and a line ending fit in this size. */
const MAX_BYTES = 130;

const OWNER_ONLY = 0o600;
const OTHERS = 0o077;

/**
 * Reads the access key in the file. If the file does not exist, creates it with a random key, readable only by its owner.
 * @throws Error whose message includes a fix, but never the content of the file
 */
export function keptAccessKey(path: string): string {
  const created = create(path);
  if (created !== undefined) return created;
  const { mode, owner, text } = read(path);
  // On Windows, this check has no effect, because files there have no numeric owner.
  if (![0, process.getuid?.() ?? owner].includes(owner))
    throw problem(
      `must belong to you or to root, but ${quote(path)} belongs to user ${owner}`,
      'Anyone who knows the key can read with your identity. Choose another file: the proxy then creates it.',
    );
  // On Windows, this check is skipped, because file modes do not show who may read a file.
  if ((mode & OTHERS) !== 0 && process.platform !== 'win32')
    throw problem(
      `must be accessible only to its owner, but ${quote(path)} has the mode 0${(mode & 0o777).toString(8)}`,
      'Anyone who knows the key can read with your identity. Delete the file: the proxy then creates a new one. If you are sure that nobody else has read the file, running `chmod 600` on the file is enough.',
    );
  if (!ACCESS_KEY.test(text))
    throw problem(
      `must contain only a key of 20 to 128 letters and digits, but ${quote(path)} does not`,
      'Delete the file: the proxy then creates a new one.',
    );
  return text;
}

/** @returns the new key; undefined if the file already exists */
function create(path: string): string | undefined {
  const key = createAccessKey();
  try {
    writeFileSync(path, `${key}\n`, { flag: 'wx', mode: OWNER_ONLY });
    return key;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST') return undefined;
    throw problem(
      `must be a file that the proxy can create, but creating ${quote(path)} failed (${code})`,
      'Check that the directory exists and that you may write to it.',
    );
  }
}

function read(path: string): { readonly mode: number; readonly owner: number; readonly text: string } {
  let file: number | undefined;
  try {
    // Opens the file only once, so that the same file is checked and read. O_NONBLOCK is needed because opening a named pipe
    // would otherwise wait for a writer.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(file);
    // Reads only small regular files, because reading from a named pipe or a device might never end.
    const isKey = stats.isFile() && stats.size <= MAX_BYTES;
    return { mode: stats.mode, owner: stats.uid, text: isKey ? readFileSync(file, 'latin1').trim() : '' };
  } catch (error) {
    throw problem(
      `must be a readable file, but reading ${quote(path)} failed (${codeOf(error)})`,
      'Check the path and its permissions.',
    );
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown';

const problem = (rule: string, fix: string): Error =>
  new Error(describeProblem({ field: '--access-key-file', rule, fix }));
