// What an image starts as main.js: the program beside it, with V8's code cache of all that a first read runs. Node's own compile cache
// holds no function that is compiled when it is first called, as nearly all of the program's are, and none for a CPU with other features.
import { createRequire } from 'node:module';
import { compileProgram, runProgram } from './compiled-program.ts';

runProgram(compileProgram(`${__dirname}/`), __filename, createRequire(__filename));
