// An S3 that answers each request with bytes of the test's choice, for what no real S3 would say.
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';

export interface RawS3 {
  readonly url: string;
  connections(): number;
  close(): void;
}

/** @param answer called with each request's head */
export async function startRawS3(answer: (socket: Socket, head: string) => void): Promise<RawS3> {
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end !== -1; end = text.indexOf('\r\n\r\n')) {
        const head = text.slice(0, end);
        text = text.slice(end + 4);
        answer(socket, head);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    connections: () => connections,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
