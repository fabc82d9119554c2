// Reads a configuration file as text, never more of it than a configuration may be.
import { closeSync, openSync, readSync } from 'node:fs';
import type { Problem } from './problem.ts';
import { quote } from './show.ts';

/** 1 MiB: some ten thousand grants; what is larger is another file. */
export const LARGEST_DOCUMENT_BYTES = 1_048_576;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read by this user',
  EPERM: 'may not be read by this user',
  EISDIR: 'is a directory',
};

/** By hand and not by `readFile`, which would go on for ever at a device and wants no bound. */
function readBounded(path: string): Buffer {
  const descriptor = openSync(path, 'r');
  try {
    // One byte more than allowed, so that the reader of the document sees that it is too large.
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

/** Inline YAML on a single line without a newline is taken for a path; its own text may hold a secret. */
export const looksLikeYaml = (path: string) => /^\s*\{|:\s/.test(path);

/** The file's text, or why there is none. `field` is what the operator knows the path by. */
export function readSource(path: string, field: string): { text: string } | { problem: Problem } {
  let bytes: Buffer;
  try {
    bytes = readBounded(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    const why = REASONS[code] ?? `cannot be read (${code})`;
    return looksLikeYaml(path)
      ? {
          problem: {
            field,
            rule: `must name a file, and its value ${why}`,
            fix: 'YAML itself needs a newline in it.',
          },
        }
      : {
          problem: {
            field,
            rule: `must name a readable file, but ${quote(path)} ${why}`,
            fix: 'Check the path and who may read it.',
          },
        };
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    // A character that the bound halves is not the operator's fault: say what is.
    if (bytes.length > LARGEST_DOCUMENT_BYTES) return { text: ' '.repeat(bytes.length) };
    return {
      problem: { field, rule: `must be UTF-8 text, and ${quote(path)} is not`, fix: 'Save it as UTF-8.' },
    };
  }
}
