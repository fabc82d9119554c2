// Sends raw bytes to the bridge and returns the raw responses, for requests that HTTP clients cannot send.
import { once } from 'node:events';
import { connect } from 'node:net';
import { inTime, until } from './until.ts';

/**
 * @param isEnough whether the text so far contains all responses; needed if the bridge keeps the connection open
 * @returns the text received before the bridge closed the connection or `isEnough` returned true; rejects after a timeout
 */
export async function rawExchange(
  origin: string,
  bytes: string,
  isEnough?: (text: string) => boolean | Promise<boolean>,
): Promise<string> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  socket.write(bytes, 'latin1');
  try {
    if (isEnough === undefined) await inTime('the bridge closes the connection', closed);
    else await until('enough has arrived', async () => socket.closed || (await isEnough(text)));
  } finally {
    socket.destroy();
  }
  return text;
}
