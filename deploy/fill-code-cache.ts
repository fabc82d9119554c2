// Runs a program of an image, and at its end writes V8's code cache of what it has run.
//
//   node deploy/fill-code-cache.ts APP/ ARGUMENTS…
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import v8 from 'node:v8';
import { CODE_CACHE, compileProgram, PROGRAM, runProgram } from './compiled-program.ts';

const [, , directory = ''] = process.argv;
process.argv.splice(2, 1);
// V8 takes a cache under the flags alone that it was made under, and where one is read the program has set none.
v8.setFlagsFromString = () => undefined;
const program = compileProgram(directory);
process.once('exit', () => {
  writeFileSync(directory + CODE_CACHE, program.createCachedData());
});
runProgram(program, directory + PROGRAM, createRequire(directory + PROGRAM));
