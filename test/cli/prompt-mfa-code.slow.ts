// The prompt for an MFA code appears on the terminal, never on standard output, and fails without a terminal.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { until } from '../support/until.ts';

const SERIAL = 'arn:aws:iam::123456789012:mfa/developer';
const MODULE = new URL('../../src/cli/prompt-mfa-code.ts', import.meta.url).href;
const PROGRAM = `
  const { promptMfaCode } = await import('${MODULE}');
  console.log(await promptMfaCode('${SERIAL}').then((code) => 'got ' + code, ({ code, detail }) => 'fault ' + code + ' ' + detail.error));
`;
const NODE = `'${process.execPath}' --input-type=module -e "$PROGRAM"`;
const environment = { ...process.env, PROGRAM };

/** Runs a command in a separate terminal with util-linux's `script`. @param inputs the lines to type, one after each prompt */
async function atTerminal(command: string, inputs: readonly string[]): Promise<string> {
  const child = spawn('script', ['-qec', command, '/dev/null'], { env: environment, stdio: 'pipe' });
  let shown = '';
  child.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
  for (const [index, input] of inputs.entries()) {
    await until('the prompt appears', () => shown.split(`MFA code for ${SERIAL}: `).length > index + 1);
    child.stdin.write(input);
  }
  await once(child, 'close');
  return shown.replaceAll('\r', '');
}

describe('the prompt for an MFA code', () => {
  it('is repeated until the user enters six digits', async () => {
    const shown = await atTerminal(NODE, ['12345\n', ' 123456 \n']);
    assert.match(shown, /: 12345\nThe code must have six digits\.\nMFA code for .*\n?got 123456\n/s);
  });

  it('appears on the terminal, not on standard output, if standard input and output are pipes', async () => {
    const shown = await atTerminal(`echo 999999 | ${NODE} | sed 's/^/result: /'`, ['123456\n']);
    assert.match(shown, /^MFA code for [^\n]*: 123456\nresult: got 123456\n$/);
  });

  it('appears on the terminal if standard error is redirected', async () => {
    const shown = await atTerminal(`${NODE} 2>/dev/null`, ['123456\n']);
    assert.match(shown, /^MFA code for [^\n]*: 123456\ngot 123456\n$/);
  });

  it('fails if the terminal is closed', async () => {
    assert.match(await atTerminal(NODE, ['\u0004']), /fault profile_mfa_no_terminal closed/);
  });

  it('fails immediately if there is no terminal', async () => {
    // A detached process starts a new session, which has no terminal.
    const child = spawn('sh', ['-c', NODE], {
      env: environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await once(child, 'close');
    assert.match(output, /^fault profile_mfa_no_terminal E/);
  });
});
