// Commands that act as the bridge exit with an error on wrong usage, or if their output cannot be written.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { inheritedEnvironment } from '../../src/config/load.ts';
import { failing, FEDBRIDGE, startAsTheBridge } from './as-the-bridge.ts';
import type { AsTheBridge } from './as-the-bridge.ts';

let here: AsTheBridge;
before(async () => {
  here = await startAsTheBridge();
});
after(() => here.close());

describe("a command that uses the bridge's identity", () => {
  const WRONG: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['the role is missing', ['credentials'], /ROLE is required\./],
    ['there are two roles', ['credentials', 'lake', 'data'], /Unexpected argument "data"\./],
    [
      'the format is unknown',
      ['credentials', 'lake', '--format', 'yaml'],
      /--format must be process, env or json\./,
    ],
    [
      'the format is the name of an inherited property',
      ['credentials', 'lake', '--format', 'constructor'],
      /--format must be process/,
    ],
    [
      'an option is repeated',
      ['credentials', 'lake', '--format', 'env', '--format=env'],
      /--format is given more than once; give it only once\./,
    ],
    ['a switch is repeated', ['token', '--raw', '--raw'], /--raw is given more than once/],
    [
      'the value of an option is missing',
      ['credentials', 'lake', '--config'],
      /'--config <value>' argument missing\./,
    ],
    [
      'another option follows instead of the value',
      ['token', '--audience', '--raw'],
      /'--audience' argument is ambiguous\./,
    ],
    ['the value of an option is empty', ['token', '--audience='], /--audience must not be empty\./],
    ['an option is unknown', ['whoami', '--yaml'], /Unknown option '--yaml'\./],
    ['a switch has a value', ['whoami', '--json=yes'], /'--json' does not take an argument\./],
    ['there is an unexpected argument', ['whoami', 'lake'], /Unexpected argument "lake"\./],
  ];
  for (const [what, args, expected] of WRONG)
    it(`prints its usage only on standard error if ${what}`, async () => {
      const [line = '', usage = ''] = await failing(here, 2, args);
      assert.match(line, expected);
      assert.ok(usage.startsWith(`Usage: fedbridge ${String(args[0])} `), usage);
    });
});

describe('fedbridge credentials', () => {
  it('exits with code 1 and prints no message if the reader has closed the pipe', async () => {
    const [node = '', main = ''] = FEDBRIDGE.split(' ');
    const child = spawn(node, [main, 'credentials', 'lake'], {
      env: { ...inheritedEnvironment(), ...here.sandbox.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    const ended = once(child, 'close');
    const stderr = await text(child.stderr);
    await ended;
    assert.equal(child.exitCode, 1);
    assert.equal(stderr, '');
  });

  it('exits with code 1 and prints a message if the disk is full', async () => {
    const { code, stderr } = await here.spawn('/bin/sh', ['-c', `${FEDBRIDGE} credentials lake > /dev/full`]);
    assert.equal(code, 1);
    assert.match(stderr, /^fedbridge credentials: standard output: .* \(ENOSPC\)\. [^\n]*\n$/);
  });
});
