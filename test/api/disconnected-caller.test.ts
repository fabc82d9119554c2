// If the caller disconnects after S3 has responded but before the bridge has written its own response, `sendObject` sends no
// bytes and still resolves.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { it } from 'node:test';
import { deferredWrites } from '../../src/runtime/deferred-writes.ts';
import { requestContexts } from '../../src/observability/request-context.ts';
import { sendObject } from '../../src/api/responses/object.ts';
import type { UpstreamResponse } from '../../src/http1/exchange.ts';

const ANSWER: UpstreamResponse = {
  status: 200,
  headers: ['Content-Length', '3'],
  whole: 'abc',
  pipe: () => undefined,
  resume: () => undefined,
  abort: () => undefined,
};

for (const leaves of [true, false]) {
  it(`sendObject resolves, and counts ${leaves ? 'no bytes if the caller has disconnected' : 'every byte sent if the caller stays connected'}`, async (test) => {
    const deferWrite = deferredWrites();
    const { promise, resolve } = Promise.withResolvers<number>();
    const server = createServer((asked, response) => {
      const context = requestContexts()(asked, response);
      const sent = sendObject(context, ANSWER, { asDownloads: false, chunkAbove: Infinity, deferWrite });
      // Simulates a closed connection.
      if (leaves) response.destroy();
      void sent.then(() => {
        resolve(context.documentBytes);
      });
    }).listen(0, '127.0.0.1');
    test.after(() => server.close());
    await once(server, 'listening');
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const asked = request({ port: address.port, host: '127.0.0.1', agent: false }).end();
    const outcome = once(asked, 'response').then(
      async ([response]) => (await (response as IncomingMessage).toArray()).join(''),
      () => 'cut',
    );
    assert.equal(await promise, leaves ? 0 : 3);
    assert.equal(await outcome, leaves ? 'cut' : 'abc');
  });
}
