// The main.js of an image: starts the program beside it with V8's code cache, which contains everything that a first read runs.
// Node's own compile cache omits functions that V8 compiles on their first call, which are nearly all functions, and depends on
// CPU features.
import { createRequire } from 'node:module';
import { compileProgram, runProgram } from './compiled-program.ts';

runProgram(compileProgram(`${__dirname}/`), __filename, createRequire(__filename));
