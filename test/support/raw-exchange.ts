// Bytes to the bridge and all bytes back, for requests that no HTTP client would send.
import { once } from 'node:events';
import { connect } from 'node:net';
import { inTime, until } from './until.ts';

/**
 * @param isEnough whether no more is to be waited for, for requests after which the bridge keeps the connection open
 * @returns what came until the bridge closed the connection or it was enough; rejects if neither happens
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
    else await until('enough has come', async () => socket.closed || (await isEnough(text)));
  } finally {
    socket.destroy();
  }
  return text;
}
