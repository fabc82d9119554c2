// A caller that leaves between S3's answer and the end of the turn, when it would have been sent: that is no byte, and it is over.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { it } from 'node:test';
import { deferredWrites } from '../../src/runtime/deferred-writes.ts';
import type { RequestContext } from '../../src/observability/request-context.ts';
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
  it(`an answer to a caller that ${leaves ? 'leaves' : 'stays'} is over, with the bytes that were sent`, async (test) => {
    const deferWrite = deferredWrites();
    const { promise, resolve } = Promise.withResolvers<number>();
    const server = createServer((asked, response) => {
      const context = { request: asked, response, bytes: 0, requestId: 'one' } as RequestContext;
      const sent = sendObject(context, ANSWER, { chunkAbove: Infinity, deferWrite });
      // As the end of its connection does.
      if (leaves) response.destroy();
      void sent.then(() => {
        resolve(context.bytes);
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
