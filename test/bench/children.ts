// Starts the benchmark's processes, each pinned to a core, and stops them when the benchmark ends for any reason.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

export interface Child {
  readonly pid: number;
  /** Stops the process. This expected exit does not abort the measurement. Resolves when the process has exited. */
  stop(): Promise<void>;
}

export interface Start {
  readonly core: number;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A file descriptor for standard output; /dev/null by default. */
  readonly stdout?: number;
}

export interface Children {
  start(what: Start): Child;
  /** Aborted when a child process exits unexpectedly, because the measurements are then invalid. */
  readonly signal: AbortSignal;
  stop(): Promise<void>;
}

/**
 * How long to wait for a process to stop. This time is shorter than the bridge's drain timeout, because no request is in progress
 * when the benchmark stops the bridge.
 */
const STOP_MS = 5_000;

/** @param interrupted aborted when the user presses Ctrl-C */
export function createChildren(interrupted: AbortSignal): Children {
  const running = new Map<ChildProcess, Promise<unknown>>();
  const failure = new AbortController();
  let stopping = false;
  const terminate = (): void => {
    for (const child of running.keys()) child.kill('SIGTERM');
  };
  // Stops the processes if the benchmark exits without calling `stop`. The signal is SIGTERM, because on SIGKILL nginx's master
  // process would leave its worker running.
  process.once('exit', terminate);

  return {
    signal: AbortSignal.any([failure.signal, interrupted]),
    start: ({ core, command, args, env = {}, stdout }) => {
      const child = spawn('taskset', ['-c', String(core), command, ...args], {
        env: { PATH: searchPath(), ...env },
        stdio: ['ignore', stdout ?? 'ignore', 'inherit'],
      });
      const ended = Promise.withResolvers<undefined>();
      let dismissed = false;
      const end = (how: string): void => {
        running.delete(child);
        ended.resolve(undefined);
        if (!stopping && !dismissed) failure.abort(new Error(`${command} exited on its own: ${how}`));
      };
      child.once('error', (error) => {
        end(error.message);
      });
      child.once('exit', (code, signal) => {
        end(String(code ?? signal));
      });
      running.set(child, ended.promise);
      if (child.pid === undefined) throw new Error(`${command} could not be started`);
      return {
        pid: child.pid,
        stop: async () => {
          dismissed = true;
          child.kill('SIGTERM');
          await ended.promise;
        },
      };
    },
    stop: async () => {
      stopping = true;
      terminate();
      const kill = setTimeout(() => {
        for (const child of running.keys()) child.kill('SIGKILL');
      }, STOP_MS);
      await Promise.all(running.values());
      clearTimeout(kill);
      process.off('exit', terminate);
    },
  };
}

/** Adds /usr/sbin, where Debian installs nginx; only root's PATH includes it. */
export function searchPath(): string {
  return `${process.env['PATH'] ?? '/usr/bin:/bin'}:/usr/sbin`;
}
