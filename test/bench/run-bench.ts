// Runs a benchmark with a sandbox, a temporary directory and child processes, and prints or saves its results.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { createChildren } from './children.ts';
import type { Children } from './children.ts';
import { LOAD_CORE } from './contenders.ts';
import { describeMachine, pinSelf } from './machine.ts';
import { writeSection } from './results.ts';
import type { Section } from './results.ts';

export interface Bench {
  readonly sandbox: Sandbox;
  /** Runs a part of the benchmark with separate child processes and a separate directory, and then removes them. */
  part<T>(run: (children: Children, directory: string) => Promise<T>): Promise<T>;
}

/** @param options.run returns the results in Markdown: a list that describes the run, and tables */
export async function runBench(options: {
  readonly section: Section;
  readonly write: boolean;
  /** Additional required programs and their Debian packages. */
  readonly needs?: Readonly<Record<string, string>>;
  readonly run: (bench: Bench) => Promise<string>;
}): Promise<void> {
  const { section, write, needs = {}, run } = options;
  const machine = describeMachine(needs);
  pinSelf(LOAD_CORE);
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      interruption.abort(new Error(signal));
    });
  }
  const part: Bench['part'] = async (runPart) => {
    const directory = mkdtempSync(join(tmpdir(), 'fedbridge-bench-'));
    const children = createChildren(interruption.signal);
    try {
      return await runPart(children, directory);
    } catch (error) {
      // If a child process exited unexpectedly, throws the error about this exit, because the exit caused the later errors.
      throw children.signal.aborted ? children.signal.reason : error;
    } finally {
      await children.stop();
      rmSync(directory, { recursive: true });
    }
  };
  let sandbox: Sandbox | undefined;
  try {
    sandbox = await startSandbox();
    const began = performance.now();
    const body = await run({ sandbox, part });
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    const when = `${new Date().toISOString().slice(0, 10)}, in ${seconds} s`;
    const text = [`- ${when}`, ...machine.map((line) => `- ${line}`), body].join('\n');
    process.stdout.write(`\n## ${section}\n\n${text}`);
    if (write) writeSection(section, text);
  } catch (error) {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  } finally {
    await sandbox?.close();
  }
}

/** @throws Error if the flag's value is not a positive whole number */
export function wholeNumber(flag: string, text: string): number {
  const value = Number(text);
  if (!(Number.isInteger(value) && value > 0)) {
    throw new Error(`--${flag} must be an integer above 0, not ${text}`);
  }
  return value;
}
