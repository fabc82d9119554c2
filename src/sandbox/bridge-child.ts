// Runs the bridge as a process of its own, as production does, and ends it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';

export interface BridgeChild {
  readonly port: number;
  /** Settles when the process is gone, asked to or not. */
  readonly ended: Promise<string>;
  /** Asks it to drain and end, and waits until it has. */
  stop(): Promise<void>;
  kill(): void;
}

const PROGRAM = new URL('bridge-process.ts', import.meta.url);

/** A configuration of one's own may name roles that the sandbox does not know: it is served all the same. */
const READY_MS = 3_000;

/** Resolves when the bridge has assumed a role, or does not within the time that this takes. */
async function ready(port: number): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline) {
    const answer = await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => undefined);
    if (answer?.ok === true) return;
    await setTimeout(20);
  }
}

/** Rejects when the process ends before it listens; it has then told why on its own stderr. */
export async function startBridge(environment: Readonly<Record<string, string>>): Promise<BridgeChild> {
  const child = fork(PROGRAM, {
    env: { ...environment },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // A terminal's Ctrl-C goes to the whole process group: the bridge must get one signal, from us, and not two.
    detached: true,
  });
  const { promise: ended, resolve } = Promise.withResolvers<string>();
  child.once('error', (error) => {
    resolve(error.message);
  });
  child.once('exit', (code, signal) => {
    resolve(signal === null ? `exit code ${code ?? 'none'}` : `signal ${signal}`);
  });
  const told = once(child, 'message').then(([message]) => message as { port: number });
  const first = await Promise.race([told, ended]);
  if (typeof first === 'string') throw new Error(`The bridge did not start (${first}).`);
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
