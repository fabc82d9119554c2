// The main.js of an image, which starts the program in the same directory with V8's code cache. The code cache contains every
// function that a first read runs. Node's own compile cache is not enough: it depends on CPU features, and it omits functions that
// V8 compiles on their first call. Nearly all functions are compiled in this way.
import { createRequire } from 'node:module';
import { compileProgram, runProgram } from './compiled-program.ts';

runProgram(compileProgram(`${__dirname}/`), __filename, createRequire(__filename));
