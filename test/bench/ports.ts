// Finds free ports on loopback, and waits until something listens there.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const START_MS = 20_000;
const POLL_MS = 50;

/**
 * Finds a free port for nginx, which cannot choose one itself. Some other program could still take the port before nginx does.
 */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const closed = once(server, 'close');
  server.close();
  await closed;
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

/** @throws Error if nothing listens on the port within 20 s; the signal's reason if the signal is aborted */
export async function listening(port: number, signal: AbortSignal): Promise<void> {
  const giveUpAt = Date.now() + START_MS;
  while (!(await accepts(port))) {
    signal.throwIfAborted();
    if (Date.now() > giveUpAt) throw new Error(`nothing listens on port ${port} after ${START_MS / 1000} s`);
    await sleep(POLL_MS);
  }
}

function accepts(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, '127.0.0.1');
  socket.once('connect', () => {
    resolve(true);
    socket.destroy();
  });
  socket.once('error', () => {
    resolve(false);
  });
  return promise;
}
