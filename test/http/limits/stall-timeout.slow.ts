// A caller that takes a little now and then, to hold a place for ever, is cut; one that reads slowly is not.
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
/** A MiB each; over more than two windows together. */
const PAUSE_MS = 400;

describe('a reader', { concurrency: true }, () => {
  const start = async (stallSeconds: number): Promise<Wire> => {
    const wire = await startWire({ config: openToProject(`limits: { stall: ${stallSeconds}s }`) });
    await wire.put('big', Buffer.alloc(SIZE));
    return wire;
  };
  /** A connection of which nothing is taken but what the test reads. */
  const ask = async (wire: Wire): Promise<Socket> => {
    const { hostname, port } = new URL(wire.bridge.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    const authorization = `Bearer ${await wire.token('reader')}`;
    socket.write(`GET /acme-lake/big HTTP/1.1\r\nHost: b\r\nAuthorization: ${authorization}\r\n\r\n`);
    return socket;
  };

  it('that trickles is cut', async (test) => {
    const wire = await start(1);
    test.after(() => wire.close());
    const socket = await ask(wire);
    await until('it is cut', () => {
      socket.read(20);
      return wire.bridge.lines.some(({ abortedBy }) => abortedBy === 'stall');
    });
    socket.destroy();
  });

  it('that is slow is served', async (test) => {
    const wire = await start(WINDOW_SECONDS);
    test.after(() => wire.close());
    const socket = await ask(wire);
    let taken = 0;
    while (taken < SIZE && !socket.destroyed) {
      taken += (socket.read(MIB) as Buffer | null)?.length ?? 0;
      await sleep(PAUSE_MS);
    }
    assert.ok(taken >= SIZE, `${taken} bytes, then ${wire.bridge.output()}`);
  });
});
