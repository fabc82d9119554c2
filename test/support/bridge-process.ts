// Runs the real program, `fedbridge serve`, as a process of its own, and reads the lines it logs.
import { spawn } from 'node:child_process';
import type { SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { inheritedEnvironment } from '../../src/config/load.ts';
import { collectLines } from './log-lines.ts';
import type { LogLine } from './log-lines.ts';
import { inTime } from './until.ts';

export type { LogLine } from './log-lines.ts';

export interface BridgeProcess {
  readonly url: string;
  readonly pid: number;
  /** All lines so far. */
  readonly lines: readonly LogLine[];
  /** All that it wrote, on both streams. */
  output(): string;
  /** Resolves with the first line, past or to come, that holds; rejects if it does not come. */
  line(holds: (line: LogLine) => boolean): Promise<LogLine>;
  /** @returns its exit code; rejects if it does not end */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** What is run, where it is not the project's own program. */
export interface Program {
  readonly command: readonly string[];
  readonly options: Pick<SpawnOptions, 'cwd' | 'uid' | 'gid'>;
}

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

/**
 * Listens on any free port unless told.
 * @param environment all that it finds, besides PATH and the like, which another program does not get
 */
export async function startBridge(
  environment: Readonly<Record<string, string>>,
  program?: Program,
): Promise<BridgeProcess> {
  const [file = '', ...args] = program?.command ?? [process.execPath, MAIN, 'serve'];
  const inherited = program === undefined ? inheritedEnvironment() : {};
  const child = spawn(file, args, {
    ...program?.options,
    env: { ...inherited, FEDBRIDGE_HOST: '127.0.0.1', PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const collected = collectLines();
  createInterface({ input: child.stdout }).on('line', collected.add);
  child.stderr.on('data', (chunk: Buffer) => {
    collected.addOther(chunk.toString());
  });
  let exited = false;
  // Not `exit`: its last lines come after that.
  const ended = once(child, 'close').then(() => {
    exited = true;
    collected.end();
  });

  const listening = await collected
    .line(({ message }) => String(message).startsWith('listening on'))
    .catch((error: unknown) => {
      child.kill('SIGKILL');
      throw error;
    });
  return {
    url: `http://127.0.0.1:${String(listening['port'])}`,
    pid: child.pid ?? 0,
    lines: collected.lines,
    output: collected.output,
    line: collected.line,
    stop: async (signal = 'SIGTERM') => {
      if (!exited) child.kill(signal);
      await inTime(`the bridge ends after ${signal}`, ended).catch((error: unknown) => {
        child.kill('SIGKILL');
        throw error;
      });
      return child.exitCode;
    },
  };
}
