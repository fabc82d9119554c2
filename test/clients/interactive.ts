// Runs a program that reads one line of standard input at a time and responds to each with one line of standard output.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { inTime } from '../support/until.ts';

export interface Interactive {
  /** Sends a line, and returns the program's response. Rejects with the program's errors if it exits. */
  next(): Promise<string>;
  /** Ends the program's input, and waits until it exits. */
  stop(): Promise<void>;
}

const ROOT = new URL('../..', import.meta.url).pathname;

/** The working directory is the repository, where Node finds the SDK. */
export function startInteractive(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Interactive {
  const child = spawn(program, args, { env: { LANG: 'C.UTF-8', ...env }, cwd: ROOT });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  // A program that has failed reads no more input.
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const closed = once(child, 'close');
  return {
    next: async () => {
      child.stdin.write('\n');
      const { value, done } = await inTime(`${program} responds`, lines.next());
      assert.ok(done !== true, errors);
      return value;
    },
    stop: async () => {
      child.stdin.end();
      await inTime(`${program} exits`, closed);
    },
  };
}
