// More connections than the process may keep: the oldest idle ones make place, probes come in, and nobody's stream is harmed.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { inheritedEnvironment } from '../../src/config.ts';
import { open as openRead, request } from './http-request.ts';
import { freePort } from './metrics.ts';
import { openToProject } from './sessions-at-sts.ts';
import { until } from './until.ts';
import { startWire } from './wire.ts';
import type { Wire } from './wire.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
/** Of files: 500 are the bridge's own, and 100 for connections to S3. */
const FILES = 900;
const IN_FLIGHT = 100;
/** The oldest of all, and more than 64 of them. */
const STREAMS = 80;
const CONNECTIONS = FILES - 500 - IN_FLIGHT;
const IDLE = CONNECTIONS - STREAMS;
const SIZE = 1_500_000;

async function digestOf(response: IncomingMessage): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of response) digest.update(chunk as Buffer);
  return digest.digest('hex');
}

describe('a process that may keep few connections', () => {
  let wire: Wire;
  const body = randomBytes(SIZE);
  before(async () => {
    wire = await startWire({
      config: openToProject(`limits: { inFlight: ${IN_FLIGHT} }`),
      environment: inheritedEnvironment(),
      program: {
        command: ['sh', '-c', `ulimit -n ${FILES} && exec "$0" "$@"`, process.execPath, MAIN, 'serve'],
        options: {},
      },
    });
    await wire.put('slow.bin', body);
    await wire.fault({ supplier: 's3', path: 'slow.bin', fault: 'drip', bytesPerSecond: 250_000 });
  });
  after(() => wire.close());

  it('says so when it starts', async () => {
    const line = await wire.bridge.line(({ message }) => String(message).includes(`may open ${FILES} files`));
    assert.match(String(line['message']), new RegExp(`no more than ${CONNECTIONS} connections`));
    assert.match(String(line['remedy']), /LimitNOFILE/);
  });

  it('closes the oldest idle ones for new ones, answers probes, and finishes streams', async () => {
    const { hostname, port } = new URL(wire.bridge.url);
    const headers = { authorization: `Bearer ${await wire.token('reader')}` };
    const digests: Promise<string>[] = [];
    while (digests.length < STREAMS)
      digests.push(digestOf(await openRead(wire.bridge.url, '/acme-lake/slow.bin', { headers })));
    const closed = new Set<Socket>();
    const sockets: Socket[] = [];
    for (let i = 0; i < 2 * CONNECTIONS + IDLE; i += 1) {
      const socket = connect(Number(port), hostname).on('error', () => undefined);
      socket.once('close', () => closed.add(socket));
      await once(socket, 'connect');
      sockets.push(socket);
      assert.equal((await wire.get('/-/live')).status, 200);
      if (i % 50 !== 0) continue;
      assert.equal((await wire.get('/-/ready')).status, 200);
    }
    await until('the oldest are closed', () => closed.size >= 2 * CONNECTIONS);
    assert.ok(closed.size <= 2 * CONNECTIONS + 5, `${closed.size} closed`);
    assert.ok(sockets.slice(0, 2 * CONNECTIONS - 5).every((socket) => closed.has(socket)));
    const whole = createHash('sha256').update(body).digest('hex');
    assert.deepEqual(new Set(await Promise.all(digests)), new Set([whole]));
    for (const socket of sockets) socket.destroy();
    const told = wire.bridge.lines.filter(({ message }) => String(message).includes('the oldest idle one'));
    assert.ok(told.length > 0 && told.length <= 40, `${told.length} lines`);
  });
});

describe('a process that may keep fewer connections than it gives answers', () => {
  /** However few files there are; and beyond them, while none is idle. */
  const [LEAST, BEYOND] = [64, 100];
  let wire: Wire;
  let metrics: string;
  before(async () => {
    const metricsPort = await freePort();
    metrics = `http://127.0.0.1:${metricsPort}`;
    wire = await startWire({
      config: openToProject(`limits: { inFlight: 200 }`),
      environment: { ...inheritedEnvironment(), FEDBRIDGE_METRICS_PORT: String(metricsPort) },
      program: {
        command: ['sh', '-c', `ulimit -n 600 && exec "$0" "$@"`, process.execPath, MAIN, 'serve'],
        options: {},
      },
    });
    await wire.put('hangs.bin', randomBytes(SIZE));
    await wire.fault({ supplier: 's3', path: 'hangs.bin', fault: 'drip', bytesPerSecond: 100_000 });
  });
  after(() => wire.close());

  const connected = async (origin: string): Promise<Socket> => {
    const { hostname, port } = new URL(origin);
    const socket = connect(Number(port), hostname).on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };

  it('lets the newest in while none is idle, bounded', async () => {
    const headers = { authorization: `Bearer ${await wire.token('reader')}` };
    const streams: IncomingMessage[] = [];
    const read = async (): Promise<void> => {
      streams.push(await openRead(wire.bridge.url, '/acme-lake/hangs.bin', { headers }));
    };
    while (streams.length < LEAST + BEYOND - 1) await read();
    assert.equal((await wire.get('/-/live')).status, 200, 'with one place left');
    await read();
    await assert.rejects(wire.get('/-/live'), /ECONNRESET|socket hang up/);
    await wire.bridge.line(({ message }) => String(message).includes('the newest is let in'));

    // One that is idle makes place at once.
    streams.pop()?.destroy();
    const idle = await connected(wire.bridge.url);
    const closed = once(idle, 'close');
    assert.equal((await wire.get('/-/live')).status, 200);
    await closed;
    for (const stream of streams) {
      assert.equal(stream.destroyed, false);
      stream.destroy();
    }
  });

  it('keeps few on the port for metrics, and lets the newest scrape it', async () => {
    const sockets: Socket[] = [];
    while (sockets.length < 150) sockets.push(await connected(metrics));
    await until('the oldest are closed', () => sockets.filter(({ destroyed }) => destroyed).length >= 50);
    assert.equal((await request(metrics, '/-/metrics')).status, 200);
    assert.ok(sockets.filter(({ destroyed }) => destroyed).length <= 55);
    for (const socket of sockets) socket.destroy();
  });
});
