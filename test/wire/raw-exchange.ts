// Bytes to the bridge and all bytes back, for requests that no HTTP client would send.
import { once } from 'node:events';
import { connect } from 'node:net';

/** @returns what came until the bridge closed the connection, or nothing more came for a while after `bytes` went out */
export async function rawExchange(origin: string, bytes: string, quietMs = 300): Promise<string> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  socket.setTimeout(quietMs, () => socket.destroy());
  await once(socket, 'connect');
  socket.write(bytes, 'latin1');
  await once(socket, 'close');
  return text;
}
