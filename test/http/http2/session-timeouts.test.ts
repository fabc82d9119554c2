// The bridge soon closes a connection that sends no request, and later closes an HTTP/2 session without streams. It never
// closes a session that has an open stream.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { createLog } from '../../../src/observability/log.ts';
import { serveHttp2 } from '../../../src/server/http2/serve-http2.ts';
import type { CallerResponse } from '../../../src/runtime/caller-exchange.ts';
import { openSession, openStream, requestOver } from '../../support/http2-request.ts';
import { inTime, until } from '../../support/until.ts';

const SHORT_MS = 100;
/** A timeout longer than any test waits. */
const LONG_MS = 3_600_000;

describe('an HTTP/2 server', () => {
  const start = async (
    test: TestContext,
    limits: { readonly firstRequestMs?: number; readonly idleMs?: number },
  ): Promise<{ readonly port: number; readonly origin: string; readonly held: CallerResponse[] }> => {
    const held: CallerResponse[] = [];
    const server = createServer();
    const service = serveHttp2(
      server,
      ({ url }, response) => {
        response.writeHead(200);
        if (url === '/held') held.push(response);
        else response.end('ok');
      },
      {
        maxHeaderBytes: 16_384,
        firstRequestMs: limits.firstRequestMs ?? LONG_MS,
        idleMs: limits.idleMs ?? LONG_MS,
        log: createLog('silent'),
      },
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    test.after(() => {
      service.closeAll();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    return { port, origin: `http://127.0.0.1:${port}`, held };
  };

  for (const [what, sent] of [
    ['nothing', ''],
    ['a part of the HTTP/2 preface', 'PRI * HTTP/2.0\r\n'],
  ]) {
    it(`closes a connection that has sent only ${what}`, async (test) => {
      const { port } = await start(test, { firstRequestMs: SHORT_MS });
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      if (sent !== '') socket.write(String(sent));
      await inTime('the connection closes', once(socket.resume(), 'close'));
    });
  }

  it('closes a session that never sends a request', async (test) => {
    const { origin } = await start(test, { firstRequestMs: SHORT_MS });
    await inTime('the session closes', once(openSession(origin), 'close'));
  });

  it('closes a session that has had no stream for the idle timeout', async (test) => {
    const { origin } = await start(test, { idleMs: SHORT_MS });
    const session = openSession(origin);
    const closed = once(session, 'close');
    assert.equal((await requestOver(session, '/')).text, 'ok');
    await inTime('the session closes', closed);
  });

  it('closes a session without streams even if the client sends pings', async (test) => {
    const { origin } = await start(test, { idleMs: SHORT_MS });
    const session = openSession(origin);
    const ping = (): void => {
      // Sends the next ping when the bridge has acknowledged this one.
      if (!session.destroyed) session.ping(ping);
    };
    session.once('connect', ping);
    await inTime('the session closes', once(session, 'close'));
  });

  it('keeps a session open beyond both timeouts while it has a stream', async (test) => {
    const { origin, held } = await start(test, { firstRequestMs: SHORT_MS, idleMs: SHORT_MS });
    const session = openSession(origin);
    const { stream } = await openStream(session, '/held');
    // Waits until three sessions that were opened later have reached their timeouts.
    for (let n = 0; n < 3; n += 1) await inTime('another session closes', once(openSession(origin), 'close'));
    assert.deepEqual([session.closed, stream.closed], [false, false]);
    held[0]?.end('late');
    stream.setEncoding('utf8');
    assert.deepEqual(await stream.toArray(), ['late']);
    await until('the session closes', () => session.closed);
  });
});
