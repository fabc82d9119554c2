// If the bridge disconnects just before the soak's S3 proxy resets the connection, the proxy still closes its end of the
// connection.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { it } from 'node:test';
import { startStandIn } from '../support/stand-in.ts';
import { until } from '../support/until.ts';
import { startS3InFront } from './s3-in-front.ts';

it("the soak test's S3 proxy leaves no connection open if a reset coincides with a disconnect", async (test) => {
  const { promise: requested, resolve } = Promise.withResolvers<ServerResponse>();
  const s3 = await startStandIn((_request, response) => {
    resolve(response);
  });
  const front = await startS3InFront(s3.origin, () => ({
    strike: { how: 'cut-by-reset', share: 0.5 },
    times: 1,
  }));
  test.after(() => {
    front.close();
    s3.close();
  });
  const bridge = connect(Number(new URL(front.origin).port), '127.0.0.1');
  bridge.write('GET /b/k HTTP/1.1\r\nHost: s3\r\nUser-Agent: fedbridge (r1)\r\nIf-Match: "plan-1"\r\n\r\n');
  const response = await requested;
  response.writeHead(200, { 'content-length': 1000 }).write(Buffer.alloc(100));
  // When the bridge has received data, the proxy is waiting for the next part of the body.
  await once(bridge, 'data');
  // The proxy sees the disconnect and the next part of the body in the same turn of the event loop.
  bridge.destroy();
  response.write(Buffer.alloc(500));
  await until('no connection remains', () => front.connections().length === 0);
  assert.deepEqual(front.struck.get('r1'), ['cut-by-reset']);
});
