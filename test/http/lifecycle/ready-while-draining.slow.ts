// After SIGTERM, the bridge reports that it is not ready, even on open connections. Downloads that it has to close early never
// look complete.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { FORMS, startDownload } from '../../support/download-end.ts';
import { openToProject } from '../../support/sessions-at-sts.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const SIZE = 10_000_000;
const PATH = '/acme-lake/slow.bin';

describe('a bridge that has received SIGTERM', { concurrency: 2 }, () => {
  const startSlow = async (more: string): Promise<Wire> => {
    const wire = await startWire({ ownProcess: true, config: openToProject(more) });
    await wire.put('slow.bin', Buffer.alloc(SIZE, 'y'));
    await wire.fault({ upstream: 's3', path: 'slow.bin', fault: 'drip', bytesPerSecond: 200_000 });
    return wire;
  };
  const untilDraining = (wire: Wire): Promise<unknown> =>
    wire.bridge.line(({ message }) => String(message).startsWith('SIGTERM:'));
  /** Opens a connection and sends the start of a request on it. */
  const startRequest = async (
    wire: Wire,
    bytes: string,
  ): Promise<{ socket: Socket; response: Promise<string> }> => {
    const { hostname, port } = new URL(wire.bridge.url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.write(bytes);
    return { socket, response: once(socket, 'close').then(() => text) };
  };

  it('reports on open connections that it is live but not ready, and continues to serve a read in progress', async (test) => {
    const wire = await startSlow('limits: { drain: 3600s }\nresponses: { chunkAbove: 0B }');
    test.after(() => wire.close());
    const download = await startDownload(wire, 'chunked', PATH);
    const authorization = `Authorization: Bearer ${await wire.token('reader')}`;
    const [ready, live, read] = await Promise.all(
      ['/-/ready', '/-/live', '/acme-lake/README.txt'].map((path) =>
        startRequest(wire, `GET ${path} HTTP/1.1\r\nHost: b\r\n${authorization}\r\n`),
      ),
    );
    // Once this response has arrived, the bridge has also read everything that was sent before this request.
    assert.equal((await wire.get('/-/ready')).status, 200);
    const stopped = wire.bridge.stop();
    await untilDraining(wire);
    for (const connection of [ready, live, read]) connection?.socket.write('\r\n');
    assert.match((await ready?.response) ?? '', /^HTTP\/1\.1 503 [^]*{"status":"down"}/);
    assert.match((await live?.response) ?? '', /^HTTP\/1\.1 200 [^]*{"status":"up"}/);
    assert.match((await read?.response) ?? '', /^HTTP\/1\.1 200 /);
    await wire.bridge.stop();
    assert.equal(await download.ended, 'looks cut');
    assert.equal(await stopped, 1);
  });

  for (const [when, drainSeconds, signals, code] of [
    ['after the drain timeout', 1, 1, 0],
    ['on a second signal', 3_600, 2, 1],
  ] as const) {
    for (const form of FORMS) {
      it(`closes a download (${form}) ${when} so that it looks incomplete`, async (test) => {
        const chunkAbove = form === 'with Content-Length' ? SIZE : 0;
        const wire = await startSlow(
          `limits: { drain: ${drainSeconds}s }\nresponses: { chunkAbove: ${chunkAbove}B }`,
        );
        test.after(() => wire.close());
        const download = await startDownload(wire, form, PATH);
        const stopped = wire.bridge.stop();
        await untilDraining(wire);
        if (signals === 2) void wire.bridge.stop();
        assert.equal(await download.ended, 'looks cut');
        assert.equal(await stopped, code);
      });
    }
  }
});
