// Starts the bench's processes, each pinned to a core, and stops every one of them however the bench ends.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

export interface Child {
  readonly pid: number;
  /** Ends it, without ending what is measured; resolves when it has ended. */
  stop(): Promise<void>;
}

export interface Start {
  readonly core: number;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A file descriptor for standard output; none is /dev/null. */
  readonly stdout?: number;
}

export interface Children {
  start(what: Start): Child;
  /** Aborted when a child ends by itself: what is measured then is worth nothing. */
  readonly signal: AbortSignal;
  stop(): Promise<void>;
}

/** The bridge may drain for nine seconds, but has nothing to drain when the bench stops it. */
const STOP_MS = 5_000;

/** @param interrupted the operator's Ctrl-C */
export function createChildren(interrupted: AbortSignal): Children {
  const running = new Map<ChildProcess, Promise<unknown>>();
  const failure = new AbortController();
  let stopping = false;
  const terminate = (): void => {
    for (const child of running.keys()) child.kill('SIGTERM');
  };
  // Where `stop` is not reached. nginx's master takes its worker with it on SIGTERM alone.
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
        if (!stopping && !dismissed) failure.abort(new Error(`${command} ended by itself: ${how}`));
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

/** Debian keeps nginx where only root's path looks. */
export function searchPath(): string {
  return `${process.env['PATH'] ?? '/usr/bin:/bin'}:/usr/sbin`;
}
