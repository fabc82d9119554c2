// More connections than the process may keep: the oldest idle ones make place, probes come in, and nobody's stream is harmed.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { inheritedEnvironment } from '../../src/config.ts';
import { open as openRead } from './http-request.ts';
import { openToProject } from './sessions-at-sts.ts';
import { until } from './until.ts';
import { startWire } from './wire.ts';
import type { Wire } from './wire.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
/** Of files: 500 are the bridge's own, and 20 for connections to S3. */
const FILES = 820;
const IN_FLIGHT = 20;
const CONNECTIONS = FILES - 500 - IN_FLIGHT;
const SIZE = 1_000_000;

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
    // The oldest of all.
    const stream = await openRead(wire.bridge.url, '/acme-lake/slow.bin', { headers });
    const digest = createHash('sha256');
    const finished = (async () => {
      for await (const chunk of stream) digest.update(chunk as Buffer);
    })();
    const closed = new Set<Socket>();
    const sockets: Socket[] = [];
    for (let i = 0; i < 3 * CONNECTIONS; i += 1) {
      const socket = connect(Number(port), hostname).on('error', () => undefined);
      socket.once('close', () => closed.add(socket));
      await once(socket, 'connect');
      sockets.push(socket);
      if (i % 50 !== 0) continue;
      assert.equal((await wire.get('/-/live')).status, 200);
      assert.equal((await wire.get('/-/ready')).status, 200);
    }
    await until('the oldest are closed', () => closed.size >= 2 * CONNECTIONS);
    assert.ok(closed.size <= 2 * CONNECTIONS + 5, `${closed.size} closed`);
    assert.ok(sockets.slice(0, 2 * CONNECTIONS - 5).every((socket) => closed.has(socket)));
    await finished;
    assert.equal(digest.digest('hex'), createHash('sha256').update(body).digest('hex'));
    for (const socket of sockets) socket.destroy();
    const told = wire.bridge.lines.filter(({ message }) => String(message).includes('the oldest idle one'));
    assert.ok(told.length > 0 && told.length <= 40, `${told.length} lines`);
  });
});
