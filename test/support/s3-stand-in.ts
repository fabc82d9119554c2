// An S3 that says what a test wants said, for answers that neither S3 nor the sandbox gives of itself.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface StandIn {
  /** What a bucket's `endpoint` is set to. */
  readonly origin: string;
  /** What it was asked so far. */
  readonly asked: readonly IncomingMessage[];
  close(): void;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** @param port any free one where it is 0 */
export async function startStandIn(answer: Answer, port = 0): Promise<StandIn> {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    Promise.try(answer, request, response).catch(() => response.destroy());
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return {
    origin: `http://127.0.0.1:${address.port}`,
    asked,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
