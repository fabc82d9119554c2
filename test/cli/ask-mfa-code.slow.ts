// The code of an MFA device is asked for at the terminal, beside standard output; without a terminal nobody is asked.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { until } from '../support/until.ts';

const SERIAL = 'arn:aws:iam::123456789012:mfa/developer';
const MODULE = new URL('../../src/cli/ask-mfa-code.ts', import.meta.url).href;
const PROGRAM = `
  const { askMfaCode } = await import('${MODULE}');
  console.log(await askMfaCode('${SERIAL}').then((code) => 'got ' + code, ({ code, detail }) => 'fault ' + code + ' ' + detail.error));
`;
const NODE = `'${process.execPath}' --input-type=module -e "$PROGRAM"`;
const environment = { ...process.env, PROGRAM };

/** In a terminal of its own, by util-linux' `script`. @param answers each given once it is asked for */
async function atTerminal(command: string, answers: readonly string[]): Promise<string> {
  const child = spawn('script', ['-qec', command, '/dev/null'], { env: environment, stdio: 'pipe' });
  let shown = '';
  child.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
  for (const [asked, answer] of answers.entries()) {
    await until('it asks', () => shown.split(`MFA code of ${SERIAL}: `).length > asked + 1);
    child.stdin.write(answer);
  }
  await once(child, 'close');
  return shown.replaceAll('\r', '');
}

describe('a code', () => {
  it('is asked for until it has six digits', async () => {
    const shown = await atTerminal(NODE, ['12345\n', ' 123456 \n']);
    assert.match(shown, /: 12345\nA code has six digits\.\nMFA code of .*\n?got 123456\n/s);
  });

  it('is asked for at the terminal where pipes have taken the rest, and standard output has none of it', async () => {
    const shown = await atTerminal(`echo 999999 | ${NODE} | sed 's/^/result: /'`, ['123456\n']);
    assert.match(shown, /^MFA code of [^\n]*: 123456\nresult: got 123456\n$/);
  });

  it('is asked for at the terminal where whoever runs us keeps standard error to itself', async () => {
    const shown = await atTerminal(`${NODE} 2>/dev/null`, ['123456\n']);
    assert.match(shown, /^MFA code of [^\n]*: 123456\ngot 123456\n$/);
  });

  it('is not waited for where the terminal is closed instead', async () => {
    assert.match(await atTerminal(NODE, ['\u0004']), /fault profile_mfa_no_terminal closed/);
  });

  it('is asked of nobody where there is no terminal', async () => {
    // Detached: a session of its own, which has none.
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
