// Runs one of the programs in an image. When the program exits, writes V8's code cache, which then contains all functions that
// have run.
//
//   node deploy/fill-code-cache.ts APP/ ARGUMENTS…
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import v8 from 'node:v8';
import { CODE_CACHE, compileProgram, PROGRAM, runProgram } from './compiled-program.ts';

const [, , directory = ''] = process.argv;
process.argv.splice(2, 1);
// V8 accepts a cache only if it was created with the current flags. In an image, the cache is read before the program sets any
// flags, so the cache must also be created without flags.
v8.setFlagsFromString = () => undefined;
const program = compileProgram(directory);
process.once('exit', () => {
  writeFileSync(directory + CODE_CACHE, program.createCachedData());
});
runProgram(program, directory + PROGRAM, createRequire(directory + PROGRAM));
