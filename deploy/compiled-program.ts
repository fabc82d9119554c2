// Compiles one of the programs in an image, with V8's code cache. The program that fills the cache and the one that uses it
// must compile the source in the same way.
import { readFileSync } from 'node:fs';
import { Script } from 'node:vm';

/** The program's file name. The program is in the same directory as the file that starts it. */
export const PROGRAM = 'program.js';
export const CODE_CACHE = 'program.cache';

/** Adds the wrapper that Node uses for CommonJS. The wrapper stays on the first line, so that line numbers do not change. */
export const asFunction = (program: string): string =>
  `(function (exports, require, module, __filename, __dirname) {${program}\n})`;

/**
 * Without a cache, or with one from a different version of Node, V8 compiles functions as they are called. Rebuild or delete
 * the cache after any change to the program: V8 compares only the length of the source.
 * @param directory the program's directory, with a trailing separator
 */
export function compileProgram(directory: string): Script {
  const filename = directory + PROGRAM;
  return new Script(
    // `bundle` writes only ASCII, so Latin-1 is correct, and each character takes one byte of memory.
    readFileSync(filename, 'latin1'),
    {
      filename,
      cachedData: readCache(directory + CODE_CACHE),
    },
  );
}

function readCache(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** @param filename the file that Node started, which the program sees as its own `__filename` */
export function runProgram(program: Script, filename: string, require: NodeJS.Require): void {
  const run = program.runInThisContext() as (...given: readonly unknown[]) => void;
  const module = { exports: {} };
  run(module.exports, require, module, filename, filename.replace(/[^/]*$/, ''));
}
