// A caller that takes a little now and then, to hold a place for ever, is cut; one that reads slowly is not.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { openToProject } from './sessions-at-sts.ts';
import { startWire } from './wire.ts';
import type { Wire } from './wire.ts';

const SIZE = 64 * 1024 * 1024;

describe('a reader, where a window has a second,', { concurrency: true }, () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({ config: openToProject('limits: { stall: 1s }') });
    await wire.put('big', Buffer.alloc(SIZE));
  });
  after(() => wire.close());

  /** @returns whether it was cut, within so many reads of so many bytes, ten a second */
  const isCut = async (bytes: number, reads: number, agent: string): Promise<boolean> => {
    const { hostname, port } = new URL(wire.bridge.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    const authorization = `Bearer ${await wire.token('reader')}`;
    socket.write(
      `GET /acme-lake/big HTTP/1.1\r\nHost: b\r\nUser-Agent: ${agent}\r\nAuthorization: ${authorization}\r\n\r\n`,
    );
    const ofIt = (): boolean =>
      wire.bridge.lines.some(
        ({ abortedBy, httpRequest }) =>
          abortedBy === 'stall' && (httpRequest as { userAgent?: string }).userAgent === agent,
      );
    for (let i = 0; i < reads && !ofIt(); i += 1) {
      socket.read(bytes);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    socket.destroy();
    return ofIt();
  };

  it('that trickles is cut', async () => {
    assert.equal(await isCut(100, 150, 'trickle'), true);
  });

  it('that is slow is served', async () => {
    assert.equal(await isCut(1024 * 1024, 60, 'slow'), false);
  });
});
