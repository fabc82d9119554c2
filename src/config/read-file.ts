// Reads a configuration file as text, up to a size limit.
import { closeSync, openSync, readSync } from 'node:fs';
import type { Problem } from './problem.ts';
import { quote } from './show.ts';

/** The maximum size: 1 MiB is enough for about ten thousand grants. Anything larger is probably the wrong file. */
export const LARGEST_DOCUMENT_BYTES = 1_048_576;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'is not readable by this user',
  EPERM: 'is not readable by this user',
  EISDIR: 'is a directory',
};

/** Reads a file up to the size limit. Avoids `readFile`, which has no size limit and would read a device forever. */
function readBounded(path: string): Buffer {
  const descriptor = openSync(path, 'r');
  try {
    // One byte more than allowed, so that readDocument can detect that the text is too large.
    const room = Buffer.alloc(LARGEST_DOCUMENT_BYTES + 1);
    let length = 0;
    for (;;) {
      const count = readSync(descriptor, room, length, room.length - length, null);
      length += count;
      if (count === 0 || length === room.length) return room.subarray(0, length);
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Whether a path is probably inline YAML without a newline. If so, it must not be printed, because it may contain a secret. */
export const looksLikeYaml = (path: string) => /^\s*\{|:\s/.test(path);

/**
 * Returns the text of the file, or the reason why it cannot be read.
 * @param field the variable or option that contains the path
 */
export function readSource(path: string, field: string): { text: string } | { problem: Problem } {
  let bytes: Buffer;
  try {
    bytes = readBounded(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    const reason = REASONS[code] ?? `cannot be read (${code})`;
    return looksLikeYaml(path)
      ? {
          problem: {
            field,
            rule: `must be the path to a file, but that path ${reason}`,
            fix: 'If the value is YAML, add a newline to it.',
          },
        }
      : {
          problem: {
            field,
            rule: `must be the path to a readable file, but ${quote(path)} ${reason}`,
            fix: 'Check the path and its permissions.',
          },
        };
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    // A file that is too large is not reported as invalid UTF-8, because the size limit may have split a character.
    // `readDocument` then reports the size.
    if (bytes.length > LARGEST_DOCUMENT_BYTES) return { text: ' '.repeat(bytes.length) };
    return {
      problem: {
        field,
        rule: `must be UTF-8 text, but ${quote(path)} is not`,
        fix: 'Save the file as UTF-8.',
      },
    };
  }
}
