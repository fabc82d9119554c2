// Commands that act as the bridge, used wrongly, or with nobody who takes what they print.
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

describe('a command that acts as the bridge explains itself, with nothing on standard output, where', () => {
  const WRONG: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['the role is left out', ['credentials'], /ROLE must be given\./],
    ['there are two', ['credentials', 'lake', 'data'], /There is no place for "data"\./],
    [
      'a form is unknown',
      ['credentials', 'lake', '--format', 'yaml'],
      /--format must be process, env or json\./,
    ],
    ['a form is inherited', ['credentials', 'lake', '--format', 'constructor'], /--format must be process/],
    [
      'an option is repeated',
      ['credentials', 'lake', '--format', 'env', '--format=env'],
      /--format is given twice; give it once\./,
    ],
    ['a switch is repeated', ['token', '--raw', '--raw'], /--raw is given twice/],
    [
      'an option lacks its value',
      ['credentials', 'lake', '--config'],
      /'--config <value>' argument missing\./,
    ],
    [
      'it takes another for its value',
      ['token', '--audience', '--raw'],
      /'--audience' argument is ambiguous\./,
    ],
    ['its value is empty', ['token', '--audience='], /--audience needs a value, and is given an empty one\./],
    ['an option is unknown', ['whoami', '--yaml'], /Unknown option '--yaml'\./],
    ['a switch is given a value', ['whoami', '--json=yes'], /'--json' does not take an argument\./],
    ['there is no argument to give', ['whoami', 'lake'], /There is no place for "lake"\./],
  ];
  for (const [what, args, says] of WRONG)
    it(what, async () => {
      const [line = '', usage = ''] = await failing(here, 2, args);
      assert.match(line, says);
      assert.ok(usage.startsWith(`Usage: fedbridge ${String(args[0])} `), usage);
    });
});

describe('where nobody takes the result, fedbridge credentials', () => {
  it('ends with 1, and says nothing, as its reader has gone', async () => {
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

  it('ends with 1, and says so, where there is no room for it', async () => {
    const { code, stderr } = await here.spawn('/bin/sh', ['-c', `${FEDBRIDGE} credentials lake > /dev/full`]);
    assert.equal(code, 1);
    assert.match(stderr, /^fedbridge credentials: standard output: .* \(ENOSPC\)\. [^\n]*\n$/);
  });
});
