// Who sends a request slowly, or none, loses its connection in seconds; who waits between two requests, or reads slowly, does not.
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

/** Beyond every limit of time on a request that is not there yet. */
const LONG_MS = 27_000;
/** For what closes after 25 s at most, on a machine that is busy with other tests. */
const CLOSED_MS = 60_000;
const SIZE = 2_700_000;

describe('a connection', { concurrency: true }, () => {
  let wire: Wire;
  const body = randomBytes(SIZE);
  before(async () => {
    wire = await startWire();
    await wire.put('slow.bin', body);
    await wire.fault({ supplier: 's3', path: 'slow.bin', fault: 'drip', bytesPerSecond: 100_000 });
  });
  after(() => wire.close());

  const open = async (): Promise<Socket> => {
    const { hostname, port } = new URL(wire.bridge.url);
    const socket = connect(Number(port), hostname).on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };
  /** @returns what came until it was closed. @param next what is sent every half second */
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

  it('on which nothing comes is closed without a word', async () => {
    assert.equal(await untilClosed('', () => ''), '');
  });

  it('on which headers trickle is told 408', async () => {
    const text = await untilClosed('GET / HTTP/1.1\r\nHost: b\r\n', () => 'x: y\r\n');
    assert.match(text, /^HTTP\/1\.1 408 [^]*<Code>RequestTimeout<\/Code>/);
    const [, id = ''] = /x-request-id: (\S+)/.exec(text) ?? [];
    const line = await wire.bridge.line(({ requestId }) => requestId === id);
    assert.equal(line['fault'], 'request_too_slow');
  });

  it('on which a body trickles has its refusal, and then no more time than a request', async () => {
    const text = await untilClosed(
      'PUT /acme-lake/x HTTP/1.1\r\nHost: b\r\nContent-Length: 1000\r\n\r\n',
      () => 'x',
    );
    assert.match(text, /^HTTP\/1\.1 405 /);
  });

  it('that waits for its next request is kept', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const { hostname, port } = new URL(wire.bridge.url);
    const ask = async (): Promise<number> => {
      const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
      send({ hostname, port, path: '/-/live', agent }, resolve).on('error', reject).end();
      const response = await promise;
      const { localPort = 0 } = response.socket;
      await response.toArray();
      return localPort;
    };
    const first = await ask();
    await sleep(LONG_MS);
    assert.equal(await ask(), first);
    agent.destroy();
  });

  it('on which an answer takes longer than that is served on', async () => {
    const headers = { authorization: `Bearer ${await wire.token('reader')}` };
    const response = await openRead(wire.bridge.url, '/acme-lake/slow.bin', { headers });
    const digest = createHash('sha256');
    for await (const chunk of response) digest.update(chunk as Buffer);
    assert.equal(digest.digest('hex'), createHash('sha256').update(body).digest('hex'));
  });
});
