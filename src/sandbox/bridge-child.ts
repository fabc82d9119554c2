// Starts and stops the bridge, or the console, as a separate process, as in production.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';

export interface BridgeChild {
  readonly port: number;
  /** When the process ends, resolves to its exit code, signal or error. */
  readonly ended: Promise<string>;
  /** Lets the bridge drain, and waits for it to exit. */
  stop(): Promise<void>;
  kill(): void;
}

/**
 * Returns the module that runs the bridge or the console. Like this file, the module is TypeScript in a Git clone and JavaScript
 * in the npm package.
 */
const programOf = (name: 'bridge' | 'console'): URL =>
  new URL(`${name}-process${extname(import.meta.url)}`, import.meta.url);

/** Limits the wait for readiness, because a bridge that cannot assume its roles serves requests but never becomes ready. */
const READY_MS = 3_000;

/** Resolves when the bridge has assumed a role, or after a timeout. */
async function ready(port: number): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline) {
    const response = await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => undefined);
    if (response?.ok === true) return;
    await setTimeout(20);
  }
}

/**
 * @param name the program to start
 * @param onLine receives each line of the bridge's log; by default, the log goes to standard output
 * @throws if the process exits before it listens; the bridge writes the reason to standard error
 */
export async function startProgram(
  name: 'bridge' | 'console',
  environment: Readonly<Record<string, string>>,
  onLine?: (line: string) => void,
): Promise<BridgeChild> {
  const child = fork(programOf(name), {
    env: { ...environment },
    stdio: ['ignore', onLine === undefined ? 'inherit' : 'pipe', 'inherit', 'ipc'],
    // A terminal sends Ctrl-C to the whole process group. A detached bridge receives only the sandbox's own signal.
    detached: true,
  });
  if (onLine !== undefined && child.stdout !== null)
    createInterface({ input: child.stdout }).on('line', onLine);
  const { promise: ended, resolve } = Promise.withResolvers<string>();
  child.once('error', (error) => {
    resolve(error.message);
  });
  child.once('exit', (code, signal) => {
    resolve(signal === null ? `exit code ${code ?? 'none'}` : `signal ${signal}`);
  });
  const started = once(child, 'message').then(([message]) => message as { port: number });
  const first = await Promise.race([started, ended]);
  if (typeof first === 'string') throw new Error(`The ${name} did not start (${first}).`);
  await Promise.race([ready(first.port), ended]);
  return {
    port: first.port,
    ended,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
    kill: () => void child.kill('SIGKILL'),
  };
}
