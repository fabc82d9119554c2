// A minimal Node proxy, as a lower bound for the bridge's cost: it forwards requests over reused connections, without
// authentication, signing, logs or metrics.
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

const [port = '', origin = ''] = process.argv.slice(2);
const { hostname, port: originPort, host } = new URL(origin);

interface Connection {
  readonly socket: Socket;
  response: ServerResponse | undefined;
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
        const { response } = connection;
        connection.response = undefined;
        idle.push(connection);
        response?.writeHead(200, ['content-type', 'binary/octet-stream', 'content-length', '1024']);
        response?.end(text.slice(text.indexOf('\r\n\r\n') + 4), 'latin1');
        return true;
      },
    },
  });
  const connection: Connection = { socket, response: undefined };
  return connection;
}

createServer((request, response) => {
  const connection = idle.pop() ?? open();
  connection.response = response;
  connection.socket.write(`GET ${request.url ?? ''} HTTP/1.1\r\nhost: ${host}\r\n\r\n`, 'latin1');
}).listen(Number(port), '127.0.0.1');
