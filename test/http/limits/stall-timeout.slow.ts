// The bridge disconnects a caller that reads only a few bytes now and then, because it could occupy a slot forever. A caller
// that reads slowly but steadily is served.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openToProject } from '../../support/sessions-at-sts.ts';
import { until } from '../../support/until.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const MIB = 1024 * 1024;
const SIZE = 64 * MIB;
const WINDOW_SECONDS = 10;
/** A pause after each MiB, so that the whole download takes longer than two stall timeouts. */
const PAUSE_MS = 400;

describe('a reader', { concurrency: true }, () => {
  const start = async (stallSeconds: number): Promise<Wire> => {
    const wire = await startWire({ config: openToProject(`limits: { stall: ${stallSeconds}s }`) });
    await wire.put('big', Buffer.alloc(SIZE));
    return wire;
  };
  /** Opens a connection without a data listener, so that the test controls how fast the response is read. */
  const startRead = async (wire: Wire): Promise<Socket> => {
    const { hostname, port } = new URL(wire.bridge.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    const authorization = `Bearer ${await wire.token('reader')}`;
    socket.write(`GET /acme-lake/big HTTP/1.1\r\nHost: b\r\nAuthorization: ${authorization}\r\n\r\n`);
    return socket;
  };

  it('that reads only a few bytes has its response closed early', async (test) => {
    const wire = await start(1);
    test.after(() => wire.close());
    const socket = await startRead(wire);
    await until('the response is closed early', () => {
      socket.read(20);
      return wire.bridge.lines.some(({ abortedBy }) => abortedBy === 'stall');
    });
    socket.destroy();
  });

  it('that is slow but steady gets the whole response', async (test) => {
    const wire = await start(WINDOW_SECONDS);
    test.after(() => wire.close());
    const socket = await startRead(wire);
    let bytes = 0;
    while (bytes < SIZE && !socket.destroyed) {
      bytes += (socket.read(MIB) as Buffer | null)?.length ?? 0;
      await sleep(PAUSE_MS);
    }
    assert.ok(bytes >= SIZE, `${bytes} bytes, then ${wire.bridge.output()}`);
  });
});
