// Prompts for an MFA device's code on the terminal. Nothing is written to standard output, which is only for the command's
// result.
import { once } from 'node:events';
import { openSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { ReadStream } from 'node:tty';
import { Fault } from '../errors/fault.ts';

/** The format of an MFA code (STS AssumeRole, TokenCode). */
const CODE = /^\d{6}$/;

/** @throws Fault profile_mfa_no_terminal if there is no terminal, or if the terminal is closed before the user enters a code */
export async function promptMfaCode(mfaSerial: string): Promise<string> {
  const terminal = openTerminal();
  const lines = createInterface({ input: terminal, terminal: false });
  const close = (): never => {
    throw new Fault('profile_mfa_no_terminal', { error: 'closed' });
  };
  const ended = once(lines, 'close').then(close, close);
  ended.catch(() => undefined);
  try {
    for (;;) {
      writeToTerminal(`MFA code for ${mfaSerial}: `);
      const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string];
      if (CODE.test(line.trim())) return line.trim();
      writeToTerminal('The code must have six digits.\n');
    }
  } finally {
    lines.close();
    if (terminal !== process.stdin) terminal.destroy();
  }
}

/**
 * Writes to standard error if it is a terminal, and otherwise to the terminal itself, because programs that run a
 * `credential_process` may capture standard error.
 */
function writeToTerminal(text: string): void {
  try {
    if (!process.stderr.isTTY) {
      writeFileSync('/dev/tty', text);
      return;
    }
  } catch {
    // If there is no controlling terminal, standard error is used instead.
  }
  process.stderr.write(text);
}

/** Returns standard input, or the controlling terminal if standard input is a pipe. */
function openTerminal(): ReadStream {
  if (process.stdin.isTTY) return process.stdin;
  try {
    return new ReadStream(openSync('/dev/tty', 'r'));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new Fault('profile_mfa_no_terminal', { error: code });
  }
}
