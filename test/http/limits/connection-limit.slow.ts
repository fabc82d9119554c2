// More connections than the process may keep: the oldest idle ones make place, probes come in, and nobody's stream is harmed.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { inheritedEnvironment } from '../../../src/config/load.ts';
import { startClockedWire } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { open as openRead, request } from '../../support/http-request.ts';
import { openToProject } from '../../support/sessions-at-sts.ts';
import { inTime, until } from '../../support/until.ts';

const MAIN = new URL('../../../src/main.ts', import.meta.url).pathname;
/** Of files: 500 are the bridge's own, and 100 for connections to S3. */
const FILES = 900;
const IN_FLIGHT = 100;
/** The oldest of all, and more than 64 of them. */
const STREAMS = 80;
const CONNECTIONS = FILES - 500 - IN_FLIGHT;
const IDLE = CONNECTIONS - STREAMS;
const SIZE = 1_500_000;

/** So many lines are written at most in so long. */
const [LINES_A_WINDOW, WINDOW_MS] = [20, 10_000];

/** A bridge that may open so many files, and refuses nothing because its machine is slow. */
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

/** A connection that a client keeps: one on which no request ever came would be closed after a while. */
async function kept(origin: string): Promise<Socket> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname).on('error', () => undefined);
  socket.write('GET /-/live HTTP/1.1\r\nHost: b\r\n\r\n');
  const [answer] = (await inTime('an answer comes', once(socket, 'data'))) as [Buffer];
  assert.match(answer.toString(), /^HTTP\/1\.1 \d{3} /);
  return socket.resume();
}

async function digestOf(response: IncomingMessage): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of response) digest.update(chunk as Buffer);
  return digest.digest('hex');
}

describe('a process that may keep few connections', () => {
  let wire: ClockedWire;
  const body = randomBytes(SIZE);
  before(async () => {
    wire = await startWithFiles(FILES, IN_FLIGHT);
    await wire.put('slow.bin', body);
    await wire.fault({ supplier: 's3', path: 'slow.bin', fault: 'hold', after: SIZE / 2 });
  });
  after(() => wire.close());

  it('says so when it starts', async () => {
    const line = await wire.bridge.line(({ message }) => String(message).includes(`may open ${FILES} files`));
    assert.match(String(line['message']), new RegExp(`no more than ${CONNECTIONS} connections`));
    assert.match(String(line['remedy']), /LimitNOFILE/);
  });

  it('closes the oldest idle ones for new ones, answers probes, and finishes streams', async () => {
    const begun = performance.now();
    const headers = { authorization: `Bearer ${await wire.token('reader')}` };
    const digests: Promise<string>[] = [];
    while (digests.length < STREAMS)
      digests.push(digestOf(await openRead(wire.bridge.url, '/acme-lake/slow.bin', { headers })));
    const closed = new Set<Socket>();
    const sockets: Socket[] = [];
    let probes = 0;
    for (let i = 0; i < 2 * CONNECTIONS + IDLE; i += 1) {
      const socket = await kept(wire.bridge.url);
      socket.once('close', () => closed.add(socket));
      sockets.push(socket);
      if (i % 50 !== 0) continue;
      assert.equal((await wire.get('/-/ready')).status, 200);
      probes += 1;
    }
    await until('the oldest are closed', () => closed.size >= 2 * CONNECTIONS);
    // A probe's own connection may be open for a moment when the next one comes.
    assert.ok(closed.size <= 2 * CONNECTIONS + probes, `${closed.size} closed`);
    assert.ok(sockets.slice(0, 2 * CONNECTIONS).every((socket) => closed.has(socket)));
    await wire.clearFaults();
    const whole = createHash('sha256').update(body).digest('hex');
    assert.deepEqual(new Set(await Promise.all(digests)), new Set([whole]));
    for (const socket of sockets) socket.destroy();
    const told = wire.bridge.lines.filter(({ message }) => String(message).includes('the oldest idle one'));
    const most = LINES_A_WINDOW * ((performance.now() - begun) / WINDOW_MS + 2);
    assert.ok(told.length > 0 && told.length <= most, `${told.length} lines, of ${most}`);
  });
});

describe('a process that may keep fewer connections than it gives answers', () => {
  /** However few files there are; and beyond them, while none is idle. */
  const [LEAST, BEYOND] = [64, 100];
  let wire: ClockedWire;
  before(async () => {
    wire = await startWithFiles(600, 200);
    await wire.put('hangs.bin', randomBytes(SIZE));
    await wire.fault({ supplier: 's3', path: 'hangs.bin', fault: 'hold', after: SIZE / 2 });
  });
  after(() => wire.close());

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
    await until(
      'the bridge has seen it leave',
      async () => (await wire.metric('fedbridge_requests_in_flight')) === streams.length,
    );
    const idle = await kept(wire.bridge.url);
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
    while (sockets.length < 150) sockets.push(await kept(wire.metricsUrl));
    await until('the oldest are closed', () => sockets.filter(({ destroyed }) => destroyed).length >= 50);
    assert.equal((await request(wire.metricsUrl, '/-/metrics')).status, 200);
    assert.ok(sockets.filter(({ destroyed }) => destroyed).length <= 51);
    for (const socket of sockets) socket.destroy();
  });
});
