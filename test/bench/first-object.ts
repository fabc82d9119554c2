// Measures how long a program takes to start listening, and to serve its first object.
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface StartTimes {
  /** Milliseconds from the start of the process until it listens. */
  readonly listening: number;
  /** Milliseconds from the start of the process to the last byte of the first response. */
  readonly firstObject: number;
}

const GIVE_UP_MS = 20_000;
const POLL_MS = 0.5;

/**
 * @param start starts the program, which must listen on `port` when it is ready
 * @throws Error if the program does not listen within 20 s, or responds with a status other than 200
 */
export async function timeFirstObject(
  start: () => void,
  options: {
    readonly port: number;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly bytes: number;
    readonly signal: AbortSignal;
  },
): Promise<StartTimes> {
  const { port, path, headers, bytes, signal } = options;
  const began = performance.now();
  start();
  let socket = await tryToConnect(port);
  while (socket === undefined) {
    signal.throwIfAborted();
    if (performance.now() - began > GIVE_UP_MS) throw new Error(`nothing listens on port ${port}`);
    await sleep(POLL_MS);
    socket = await tryToConnect(port);
  }
  const listening = performance.now() - began;
  const fields = Object.entries({ host: `127.0.0.1:${port}`, connection: 'close', ...headers });
  socket.write(
    `GET ${path} HTTP/1.1\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
  );
  const answer = await all(socket);
  const firstObject = performance.now() - began;
  const head = answer.toString('latin1', 0, 200);
  const body = answer.length - answer.indexOf('\r\n\r\n') - 4;
  if (!head.startsWith('HTTP/1.1 200 ') || body !== bytes) {
    throw new Error(`the first response was not the object: ${answer.toString('latin1', 0, 500)}`);
  }
  return { listening, firstObject };
}

function tryToConnect(port: number): Promise<Socket | undefined> {
  const { promise, resolve } = Promise.withResolvers<Socket | undefined>();
  const socket = connect(port, '127.0.0.1');
  socket.once('connect', () => {
    resolve(socket);
  });
  socket.once('error', () => {
    resolve(undefined);
  });
  return promise;
}

async function all(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
