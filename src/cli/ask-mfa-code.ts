// Asks the person at the terminal for the code of an MFA device. Standard output stays free for a command's result.
import { once } from 'node:events';
import { openSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { ReadStream } from 'node:tty';
import { Fault } from '../errors/fault.ts';

/** STS AssumeRole, TokenCode. */
const CODE = /^\d{6}$/;

/** @throws Fault profile_mfa_no_terminal; also where the terminal is closed instead of an answer */
export async function askMfaCode(mfaSerial: string): Promise<string> {
  const terminal = openTerminal();
  const lines = createInterface({ input: terminal, terminal: false });
  const close = (): never => {
    throw new Fault('profile_mfa_no_terminal', { error: 'closed' });
  };
  const ended = once(lines, 'close').then(close, close);
  ended.catch(() => undefined);
  try {
    for (;;) {
      writeToTerminal(`MFA code of ${mfaSerial}: `);
      const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string];
      if (CODE.test(line.trim())) return line.trim();
      writeToTerminal('A code has six digits.\n');
    }
  } finally {
    lines.close();
    if (terminal !== process.stdin) terminal.destroy();
  }
}

/** Whoever runs a `credential_process` may keep its standard error to itself. */
function writeToTerminal(text: string): void {
  try {
    if (!process.stderr.isTTY) {
      writeFileSync('/dev/tty', text);
      return;
    }
  } catch {
    // No terminal of its own: a standard input that is one belongs to somebody who sees standard error.
  }
  process.stderr.write(text);
}

/** Standard input, or, where a pipe has taken that, the terminal that the process belongs to. */
function openTerminal(): ReadStream {
  if (process.stdin.isTTY) return process.stdin;
  try {
    return new ReadStream(openSync('/dev/tty', 'r'));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new Fault('profile_mfa_no_terminal', { error: code });
  }
}
