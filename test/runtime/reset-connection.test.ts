// Resetting a connection always closes its local socket, because a leaked socket keeps the process alive.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { resetConnection } from '../../src/runtime/reset-connection.ts';
import { abortResponse } from '../../src/api/responses/object.ts';

/** More bytes than the kernel buffers for a peer that does not read. */
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

/** @returns both ends of a connection; the server's end stays open when the client's end closes */
async function pairOf(test: TestContext): Promise<{ readonly client: Socket; readonly server: Socket }> {
  const listener = createServer({ allowHalfOpen: true });
  const accepted = once(listener, 'connection');
  const client = await connectTo(listener, test);
  const [server] = (await accepted) as [Socket];
  return { client, server };
}

describe('a reset connection', () => {
  it('closes even if this side is already ending it', async (test) => {
    const { client, server } = await pairOf(test);
    server.end();
    // The promise that `once` returns also rejects on an `error` event, so awaiting it asserts that there is no error.
    const closed = once(server, 'close');
    process.nextTick(resetConnection, server);
    await closed;
    client.resume();
  });

  it('closes even if this side has already ended it', async (test) => {
    const { client, server } = await pairOf(test);
    server.end();
    await once(server, 'finish');
    const closed = once(server, 'close');
    resetConnection(server);
    await closed;
    client.resume();
  });

  for (const ends of [false, true]) {
    it(`causes an error at the peer if data is unsent${ends ? ', even if an end is scheduled after that data' : ''}`, async (test) => {
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

it('aborting an HTTP/1.0 response while its caller disconnects leaves no open connection', async (test) => {
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
