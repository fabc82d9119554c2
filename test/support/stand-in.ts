// An HTTP server that stands in for S3 or one of the other upstreams, and sends the responses that a test specifies. Responses
// that Node's HTTP server cannot send are written to the request's socket.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface StandIn {
  /** The value for a bucket's `endpoint`. */
  readonly origin: string;
  /** The requests received so far; empty if they are not kept. */
  readonly asked: readonly IncomingMessage[];
  /** Returns the number of connections accepted so far. */
  connections(): number;
  close(): void;
}

/**
 * Sends either an HTTP response with `response`, or raw bytes with `request.socket`. If the function throws or rejects, the
 * connection is closed.
 */
export type Respond = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** @param options.keep whether the requests are kept; each one keeps its socket in memory, so a long test must not keep them */
export async function startStandIn(respond: Respond, { keep = true } = {}): Promise<StandIn> {
  const asked: IncomingMessage[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    if (keep) asked.push(request);
    Promise.try(respond, request, response).catch(() => request.socket.destroy());
  });
  server.on('connection', () => (connections += 1));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // If the bridge does not start, nothing closes this server, so the server must not keep the process alive.
  server.unref();
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return {
    origin: `http://127.0.0.1:${address.port}`,
    asked,
    connections: () => connections,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
