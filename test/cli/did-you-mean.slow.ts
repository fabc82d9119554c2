// The error for a mistyped command or option suggests the closest valid one.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

describe('the error of fedbridge', () => {
  for (const [args, expected] of [
    [['srve'], /^fedbridge: there is no command "srve"\. Did you mean "serve"\?\nUsage:/],
    [['docter', '--json'], /^fedbridge: there is no command "docter"\. Did you mean "doctor"\?\n/],
    [['frobnicate'], /^fedbridge: there is no command "frobnicate"\.\nUsage:/],
    [
      ['serve', '--prot', '5555'],
      /^fedbridge serve: Unknown option '--prot'\. Did you mean --port\?\nUsage:/,
    ],
    [['serve', '--confg=x.yaml'], /^fedbridge serve: Unknown option '--confg'\. Did you mean --config\?\n/],
    [
      ['check', 'x.yaml', '--callr', 'a'],
      /^fedbridge check: Unknown option '--callr'\. Did you mean --caller\?\n/,
    ],
    [['doctor', '--jsn'], /^fedbridge doctor: Unknown option '--jsn'\. Did you mean --json\?\n/],
    [['sandbox', '--pord', '1'], /^fedbridge sandbox: Unknown option '--pord'\. Did you mean --port\?/],
    [['whoami', '--frobnicate'], /^fedbridge whoami: Unknown option '--frobnicate'\.\nUsage:/],
  ] as const)
    it(`suggests the closest valid command or option, if any, for the arguments ${args.join(' ')}`, () => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'] },
      });
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, expected);
    });
});
