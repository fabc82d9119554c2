// A connection that is reset is closed on this side too, whatever the peer has just done: a leaked one keeps the process from ending.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { resetConnection } from '../../src/runtime/reset-connection.ts';
import { abortResponse } from '../../src/api/responses/object.ts';

/** More than the kernel takes of a peer that reads nothing. */
const MUCH = Buffer.alloc(32 * 1024 * 1024);

async function connectTo(server: Server, test: TestContext): Promise<Socket> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  test.after(() => {
    client.destroy();
    server.close();
  });
  await once(client, 'connect');
  return client;
}

/** @returns both ends, of which the server's does not end because the client's does */
async function pairOf(test: TestContext): Promise<{ readonly client: Socket; readonly server: Socket }> {
  const listener = createServer({ allowHalfOpen: true });
  const accepted = once(listener, 'connection');
  const client = await connectTo(listener, test);
  const [server] = (await accepted) as [Socket];
  return { client, server };
}

describe('a connection that is reset', () => {
  it('is closed if its own end is under way', async (test) => {
    const { client, server } = await pairOf(test);
    server.end();
    // Rejects at an `error` event.
    const closed = once(server, 'close');
    process.nextTick(resetConnection, server);
    await closed;
    client.resume();
  });

  it('is closed if it ended before', async (test) => {
    const { client, server } = await pairOf(test);
    server.end();
    await once(server, 'finish');
    const closed = once(server, 'close');
    resetConnection(server);
    await closed;
    client.resume();
  });

  for (const ends of [false, true]) {
    it(`fails at the peer if data waits${ends ? ', also if it was to end after that' : ''}`, async (test) => {
      const { client, server } = await pairOf(test);
      server.write(MUCH);
      if (ends) server.end();
      const closed = once(server, 'close');
      const failed = once(client, 'error');
      resetConnection(server);
      await closed;
      client.resume();
      const [error] = (await failed) as [NodeJS.ErrnoException];
      assert.equal(error.code, 'ECONNRESET');
    });
  }
});

it('an HTTP/1.0 response that is cut as its caller disconnects leaves no connection', async (test) => {
  const closed = Promise.withResolvers<unknown>();
  const server = createHttpServer((request, response) => {
    closed.resolve(once(request.socket, 'close'));
    response.writeHead(200, { 'content-length': 10 }).write('01234');
    request.socket.once('end', () => {
      process.nextTick(abortResponse, request, response);
    });
  });
  const client = await connectTo(server, test);
  client.write('GET / HTTP/1.0\r\n\r\n');
  await once(client, 'data');
  client.end();
  await closed.promise;
});
