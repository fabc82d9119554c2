// Opens many streams of one object, reads each stream slowly, and prints the results as one line of JSON. Usage:
// slow-readers.ts PORT PATH TOKEN STREAMS BYTES_A_SECOND SECONDS
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Readers {
  readonly streams: number;
  /** The number of streams with status 200 that are still open. */
  readonly held: number;
  /** The bytes that the slowest and the fastest open stream received, including headers. */
  readonly leastBytes: number;
  readonly mostBytes: number;
  /** The first failure: the status line of a response other than 200, or a connection error. */
  readonly failure: string | null;
}

interface Stream {
  readonly socket: Socket;
  bytes: number;
  /** The number of further bytes that the stream may read in the current second. */
  allowed: number;
  failure: string | undefined;
}

/** How many streams are opened at a time, because callers do not open a thousand streams at once. */
const OPENED_A_TURN = 16;
const TURNS_A_SECOND = 10;

const [port = '', path = '', token = '', ...numbers] = process.argv.slice(2);
const [streams = 0, bytesASecond = 0, seconds = 0] = numbers.map(Number);

function open(): Stream {
  const socket = connect({ port: Number(port), host: '127.0.0.1' });
  const stream: Stream = { socket, bytes: 0, allowed: bytesASecond, failure: undefined };
  socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${token}\r\n\r\n`);
  socket.on('data', (chunk) => {
    if (stream.bytes === 0) {
      const [line = ''] = chunk.toString('latin1', 0, 100).split('\r\n');
      if (!line.startsWith('HTTP/1.1 200')) stream.failure = line;
    }
    stream.bytes += chunk.length;
    stream.allowed -= chunk.length;
    if (stream.allowed <= 0) socket.pause();
  });
  socket.on('error', ({ message }) => (stream.failure ??= message));
  socket.on('close', () => (stream.failure ??= 'ended'));
  return stream;
}

const all: Stream[] = [];
const began = performance.now();
let turn = 0;
while (performance.now() - began < seconds * 1000) {
  for (let number = 0; number < OPENED_A_TURN && all.length < streams; number += 1) all.push(open());
  // Spreads the reads of all streams over each second.
  for (let index = turn % TURNS_A_SECOND; index < all.length; index += TURNS_A_SECOND) {
    const stream = all[index];
    if (stream === undefined) continue;
    // A stream that read more than its allowance gets a smaller allowance for the next second.
    stream.allowed = Math.min(bytesASecond, stream.allowed + bytesASecond);
    if (stream.allowed > 0) stream.socket.resume();
  }
  turn += 1;
  await sleep(Math.max(0, began + (turn * 1000) / TURNS_A_SECOND - performance.now()));
}
for (const stream of all) if (stream.bytes === 0) stream.failure ??= 'no response';
const held = all.filter(({ failure }) => failure === undefined);
const report: Readers = {
  streams: all.length,
  held: held.length,
  leastBytes: held.reduce((least, { bytes }) => Math.min(least, bytes), held[0]?.bytes ?? 0),
  mostBytes: held.reduce((most, { bytes }) => Math.max(most, bytes), 0),
  failure: all.find(({ failure }) => failure !== undefined)?.failure ?? null,
};
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exit(0);
