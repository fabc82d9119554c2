// Clients that send a request slowly or not at all are disconnected in seconds. Idle clients and slow readers stay connected.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request as send } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { open as openRead } from '../../support/http-request.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

/** Longer than any timeout for receiving a request. */
const LONG_MS = 27_000;
/**
 * The bridge closes slow senders' connections within 25 s. The longer time allows for a machine that is busy with other tests.
 */
const CLOSED_MS = 60_000;
const SIZE = 2_700_000;

describe('a connection', { concurrency: true }, () => {
  let wire: Wire;
  const body = randomBytes(SIZE);
  before(async () => {
    wire = await startWire();
    await wire.put('slow.bin', body);
    await wire.fault({ upstream: 's3', path: 'slow.bin', fault: 'drip', bytesPerSecond: 100_000 });
  });
  after(() => wire.close());

  const open = async (): Promise<Socket> => {
    const { hostname, port } = new URL(wire.bridge.url);
    const socket = connect(Number(port), hostname).on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };
  /** @returns the text received until the connection closed @param next the text to send every half second */
  const untilClosed = async (head: string, next: () => string): Promise<string> => {
    const socket = await open();
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.write(head);
    const trickle = setInterval(() => socket.write(next()), 500);
    const closed = once(socket, 'close', { signal: AbortSignal.timeout(CLOSED_MS) });
    await closed.finally(() => {
      clearInterval(trickle);
      socket.destroy();
    });
    return text;
  };

  it('that sends nothing is closed without a response', async () => {
    assert.equal(await untilClosed('', () => ''), '');
  });

  it('that sends its request headers slowly gets 408', async () => {
    const text = await untilClosed('GET / HTTP/1.1\r\nHost: b\r\n', () => 'x: y\r\n');
    assert.match(text, /^HTTP\/1\.1 408 [^]*<Code>RequestTimeout<\/Code>/);
    const [, id = ''] = /x-request-id: (\S+)/.exec(text) ?? [];
    const line = await wire.bridge.line(({ requestId }) => requestId === id);
    assert.equal(line['fault'], 'request_too_slow');
  });

  it('that sends the body of a rejected request slowly gets the error response, and is then closed', async () => {
    const text = await untilClosed(
      'PUT /acme-lake/x HTTP/1.1\r\nHost: b\r\nContent-Length: 1000\r\n\r\n',
      () => 'x',
    );
    assert.match(text, /^HTTP\/1\.1 405 /);
  });

  it('that is idle between requests stays open', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const { hostname, port } = new URL(wire.bridge.url);
    const sendProbe = async (): Promise<number> => {
      const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
      send({ hostname, port, path: '/-/live', agent }, resolve).on('error', reject).end();
      const response = await promise;
      const { localPort = 0 } = response.socket;
      await response.toArray();
      return localPort;
    };
    const first = await sendProbe();
    await sleep(LONG_MS);
    assert.equal(await sendProbe(), first);
    agent.destroy();
  });

  it('that carries a long response stays open', async () => {
    const headers = { authorization: `Bearer ${await wire.token('reader')}` };
    const response = await openRead(wire.bridge.url, '/acme-lake/slow.bin', { headers });
    const digest = createHash('sha256');
    for await (const chunk of response) digest.update(chunk as Buffer);
    assert.equal(digest.digest('hex'), createHash('sha256').update(body).digest('hex'));
  });
});
