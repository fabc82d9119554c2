// At the connection limit, the oldest idle connections are closed, probes are still accepted, and no stream is affected.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import { connect } from 'node:net';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { inheritedEnvironment } from '../../../src/config/load.ts';
import { startClockedWire } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { open as openRead, request } from '../../support/http-request.ts';
import { openSession, requestOver } from '../../support/http2-request.ts';
import { openToProject } from '../../support/sessions-at-sts.ts';
import { inTime, until } from '../../support/until.ts';

const MAIN = new URL('../../../src/main.ts', import.meta.url).pathname;
/** The limit on open files. The bridge reserves 500 of them for itself and 100 for connections to S3. */
const FILES = 900;
const IN_FLIGHT = 100;
/**
 * The number of streams, which must exceed 64, the minimum connection limit. The streams are opened first, so they use the
 * oldest connections.
 */
const STREAMS = 80;
const CONNECTIONS = FILES - 500 - IN_FLIGHT;
const IDLE = CONNECTIONS - STREAMS;
const SIZE = 1_500_000;

/** The maximum number of log lines in a time window, and the length of the window in milliseconds. */
const [LINES_PER_WINDOW, WINDOW_MS] = [20, 10_000];

/**
 * Starts a bridge with the given limit on open files. Its clock is stopped, so that it does not reject requests on a slow
 * machine.
 */
async function startWithFiles(files: number, inFlight: number): Promise<ClockedWire> {
  const wire = await startClockedWire({
    config: openToProject(`limits: { inFlight: ${inFlight}, stall: 1h }`),
    environment: inheritedEnvironment(),
    program: {
      command: ['sh', '-c', `ulimit -n ${files} && exec "$0" "$@"`, process.execPath, MAIN, 'serve'],
      options: {},
    },
  });
  await wire.setClocks({ steadyStands: true });
  return wire;
}

/** Opens a connection and sends one request on it, because the bridge soon closes connections that never send a request. */
async function openIdle(origin: string): Promise<Socket> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname).on('error', () => undefined);
  socket.write('GET /-/live HTTP/1.1\r\nHost: b\r\n\r\n');
  const [response] = (await inTime('a response arrives', once(socket, 'data'))) as [Buffer];
  assert.match(response.toString(), /^HTTP\/1\.1 \d{3} /);
  return socket.resume();
}

/** Opens an HTTP/2 session and sends one request on it. */
async function openIdleSession(origin: string): Promise<ClientHttp2Session> {
  const session = openSession(origin);
  assert.equal((await requestOver(session, '/-/live')).status, 200);
  return session;
}

async function digestOf(response: IncomingMessage): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of response) digest.update(chunk as Buffer);
  return digest.digest('hex');
}

describe('a process with a low connection limit', () => {
  let wire: ClockedWire;
  const body = randomBytes(SIZE);
  before(async () => {
    wire = await startWithFiles(FILES, IN_FLIGHT);
    await wire.put('slow.bin', body);
    await wire.fault({ upstream: 's3', path: 'slow.bin', fault: 'hold', after: SIZE / 2 });
  });
  after(() => wire.close());

  it('logs the limit when it starts', async () => {
    const line = await wire.bridge.line(({ message }) =>
      String(message).includes(`may open only ${FILES} files`),
    );
    assert.match(String(line['message']), new RegExp(`at most ${CONNECTIONS} connections`));
    assert.match(String(line['remedy']), /LimitNOFILE/);
  });

  it('closes the oldest idle connections to make room for new ones, but still responds to probes and finishes streams', async () => {
    const startMs = performance.now();
    const headers = { authorization: `Bearer ${await wire.token('reader')}` };
    const digests: Promise<string>[] = [];
    while (digests.length < STREAMS)
      digests.push(digestOf(await openRead(wire.bridge.url, '/acme-lake/slow.bin', { headers })));
    const closed = new Set<Socket | ClientHttp2Session>();
    const idle: (Socket | ClientHttp2Session)[] = [];
    let probes = 0;
    for (let i = 0; i < 2 * CONNECTIONS + IDLE; i += 1) {
      const connection = await (i % 4 === 0 ? openIdleSession : openIdle)(wire.bridge.url);
      connection.once('close', () => closed.add(connection));
      idle.push(connection);
      if (i % 50 !== 0) continue;
      assert.equal((await wire.get('/-/ready')).status, 200);
      probes += 1;
    }
    await until('the oldest connections are closed', () => closed.size >= 2 * CONNECTIONS);
    // A probe's connection may still be open when the next connection arrives, so each probe may cause one more closed
    // connection.
    assert.ok(closed.size <= 2 * CONNECTIONS + probes, `${closed.size} closed`);
    assert.ok(idle.slice(0, 2 * CONNECTIONS).every((connection) => closed.has(connection)));
    await wire.clearFaults();
    const whole = createHash('sha256').update(body).digest('hex');
    assert.deepEqual(new Set(await Promise.all(digests)), new Set([whole]));
    for (const connection of idle) connection.destroy();
    const lines = wire.bridge.lines.filter(({ message }) =>
      String(message).includes('the oldest idle connection'),
    );
    const most = LINES_PER_WINDOW * ((performance.now() - startMs) / WINDOW_MS + 2);
    assert.ok(lines.length > 0 && lines.length <= most, `${lines.length} lines, at most ${most} allowed`);
  });
});

describe('a process whose connection limit is below its request limit', () => {
  /**
   * The minimum connection limit, which applies even if the file limit is low; and the number of additional connections that
   * the bridge accepts while no connection is idle.
   */
  const [LEAST, BEYOND] = [64, 100];
  let wire: ClockedWire;
  before(async () => {
    wire = await startWithFiles(600, 200);
    await wire.put('hangs.bin', randomBytes(SIZE));
    await wire.fault({ upstream: 's3', path: 'hangs.bin', fault: 'hold', after: SIZE / 2 });
  });
  after(() => wire.close());

  it('accepts a limited number of new connections while none is idle', async () => {
    const headers = { authorization: `Bearer ${await wire.token('reader')}` };
    const streams: IncomingMessage[] = [];
    const read = async (): Promise<void> => {
      streams.push(await openRead(wire.bridge.url, '/acme-lake/hangs.bin', { headers }));
    };
    while (streams.length < LEAST + BEYOND - 1) await read();
    assert.equal((await wire.get('/-/live')).status, 200, 'one more connection is accepted');
    await read();
    await assert.rejects(wire.get('/-/live'), /ECONNRESET|socket hang up/);
    await wire.bridge.line(({ message }) => String(message).includes('the newest connection was accepted'));

    // The bridge immediately closes an idle connection to make room for a new one.
    streams.pop()?.destroy();
    await until(
      'the bridge has noticed the disconnect',
      async () => (await wire.metric('fedbridge_requests_in_flight')) === streams.length,
    );
    const idle = await openIdle(wire.bridge.url);
    const closed = once(idle, 'close');
    assert.equal((await wire.get('/-/live')).status, 200);
    await closed;
    for (const stream of streams) {
      assert.equal(stream.destroyed, false);
      stream.destroy();
    }
  });

  it('limits connections on the metrics port, but still serves metrics on a new connection', async () => {
    const sockets: Socket[] = [];
    while (sockets.length < 150) sockets.push(await openIdle(wire.metricsUrl));
    await until(
      'the oldest connections are closed',
      () => sockets.filter(({ destroyed }) => destroyed).length >= 50,
    );
    assert.equal((await request(wire.metricsUrl, '/-/metrics')).status, 200);
    assert.ok(sockets.filter(({ destroyed }) => destroyed).length <= 51);
    for (const socket of sockets) socket.destroy();
  });
});
