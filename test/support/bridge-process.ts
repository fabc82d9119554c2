// Runs `fedbridge serve` in a separate process, and reads its log lines.
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
  /** The log lines so far. */
  readonly lines: readonly LogLine[];
  /** All text so far on standard output and standard error. */
  output(): string;
  /** Waits for the first matching log line, which may already have been logged; rejects after a timeout. */
  line(holds: (line: LogLine) => boolean): Promise<LogLine>;
  /** @returns the exit code; rejects if the process does not exit */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** The command that runs the project's own program. */
export type OwnCommand = 'serve' | 'console';

/** A program to run instead of the project's own program. */
export interface Program {
  readonly command: readonly string[];
  readonly options: Pick<SpawnOptions, 'cwd' | 'uid' | 'gid'>;
}

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

/**
 * Starts the bridge, which listens on any free port by default.
 * @param environment all environment variables of the bridge; the project's own program also inherits PATH and similar
 * variables
 */
export async function startBridge(
  environment: Readonly<Record<string, string>>,
  program?: Program | OwnCommand,
): Promise<BridgeProcess> {
  const isOwn = typeof program !== 'object';
  const [file = '', ...args] = isOwn ? [process.execPath, MAIN, program ?? 'serve'] : program.command;
  const inherited = isOwn ? inheritedEnvironment() : {};
  const child = spawn(file, args, {
    ...(isOwn ? {} : program.options),
    env: { ...inherited, FEDBRIDGE_HOST: '127.0.0.1', PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const collected = collectLines();
  createInterface({ input: child.stdout }).on('line', collected.add);
  child.stderr.on('data', (chunk: Buffer) => {
    collected.addOther(chunk.toString());
  });
  let exited = false;
  // Waits for `close`, because the last log lines may arrive after `exit`.
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
      await inTime(`the bridge exits after ${signal}`, ended).catch((error: unknown) => {
        child.kill('SIGKILL');
        throw error;
      });
      return child.exitCode;
    },
  };
}
