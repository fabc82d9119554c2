// A program of an image as V8 compiles it, and V8's code cache of it: what starts it and what fills the cache must do the same.
import { readFileSync } from 'node:fs';
import { Script } from 'node:vm';

/** Beside what starts them. */
export const PROGRAM = 'program.js';
export const CODE_CACHE = 'program.cache';

/** As Node itself does with CommonJS, and on the first line, so that lines keep their numbers. */
export const asFunction = (program: string): string =>
  `(function (exports, require, module, __filename, __dirname) {${program}\n})`;

/**
 * Where its cache is of another Node, or there is none, V8 compiles what it meets. Whoever changes the program must remake or delete its
 * cache: of the source V8 compares the length alone.
 * @param directory with a separator at its end
 */
export function compileProgram(directory: string): Script {
  const filename = directory + PROGRAM;
  return new Script(
    // ASCII, as `bundle` makes it: nothing to decode, and a byte a letter in memory.
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

/** @param filename of the file that is started: the program is that, as far as it can see */
export function runProgram(program: Script, filename: string, require: NodeJS.Require): void {
  const run = program.runInThisContext() as (...given: readonly unknown[]) => void;
  const module = { exports: {} };
  run(module.exports, require, module, filename, filename.replace(/[^/]*$/, ''));
}
