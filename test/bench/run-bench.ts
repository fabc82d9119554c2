// What every bench needs around it: the load core, a sandbox, a directory, children that end with it, and where its text goes.
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
  /** Children and a directory of their own, which end with the part. */
  part<T>(run: (children: Children, directory: string) => Promise<T>): Promise<T>;
}

/** @param options.run gives Markdown: a list of how it was run, and tables */
export async function runBench(options: {
  readonly section: Section;
  readonly write: boolean;
  /** Debian packages by program, besides what all benches need. */
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
      // What ended first is the cause of all else.
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

/** @throws Error that names the flag */
export function wholeNumber(flag: string, text: string): number {
  const value = Number(text);
  if (!(Number.isInteger(value) && value > 0)) {
    throw new Error(`--${flag} takes a whole number above 0, not ${text}`);
  }
  return value;
}
