// A minimal Node proxy, which shows a lower bound for the bridge's cost: it forwards requests over reused connections, without
// authentication, signing, logs or metrics. Arguments: PORT ORIGIN http1|h2c.
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { ServerHttp2Stream } from 'node:http2';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

const [port = '', origin = '', protocol] = process.argv.slice(2);
const { hostname, port: originPort, host } = new URL(origin);

interface Connection {
  readonly socket: Socket;
  respond: ((body: string) => void) | undefined;
}

const idle: Connection[] = [];
const buffer = Buffer.alloc(64 * 1024);

function open(): Connection {
  const socket = connect({
    host: hostname,
    port: Number(originPort),
    onread: {
      buffer,
      // Assumes that a 1 KiB response arrives in one piece.
      callback: (length) => {
        const text = buffer.toString('latin1', 0, length);
        const { respond } = connection;
        connection.respond = undefined;
        idle.push(connection);
        respond?.(text.slice(text.indexOf('\r\n\r\n') + 4));
        return true;
      },
    },
  });
  const connection: Connection = { socket, respond: undefined };
  return connection;
}

function read(path: string, respond: (body: string) => void): void {
  const connection = idle.pop() ?? open();
  connection.respond = respond;
  connection.socket.write(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\n\r\n`, 'latin1');
}

const HEADERS = ['content-type', 'binary/octet-stream', 'content-length', '1024'];

if (protocol === 'h2c') {
  const server = createHttp2Server();
  server.on('stream', (stream: ServerHttp2Stream, { ':path': path = '' }) => {
    // The client resets its streams when a measurement ends.
    stream.on('error', () => undefined);
    read(path, (body) => {
      if (stream.destroyed) return;
      stream.respond([':status', '200', ...HEADERS]);
      stream.end(body, 'latin1');
    });
  });
  server.listen(Number(port), '127.0.0.1');
} else {
  createServer((request, response) => {
    read(request.url ?? '', (body) => {
      response.writeHead(200, HEADERS);
      response.end(body, 'latin1');
    });
  }).listen(Number(port), '127.0.0.1');
}
