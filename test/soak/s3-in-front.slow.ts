// The soak's S3 stand-in keeps no connection of a bridge that disconnects just as the stand-in resets it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { it } from 'node:test';
import { until } from '../support/until.ts';
import { startS3InFront } from './s3-in-front.ts';

it('a reset that meets a disconnect leaves no connection', async (test) => {
  const s3 = createServer();
  s3.listen(0, '127.0.0.1');
  await once(s3, 'listening');
  const front = await startS3InFront(`http://127.0.0.1:${(s3.address() as AddressInfo).port}`, () => ({
    strike: { how: 'cut-by-reset', share: 0.5 },
    times: 1,
  }));
  test.after(() => {
    front.close();
    s3.close();
    s3.closeAllConnections();
  });
  const bridge = connect(Number(new URL(front.origin).port), '127.0.0.1');
  bridge.write('GET /b/k HTTP/1.1\r\nHost: s3\r\nUser-Agent: fedbridge (r1)\r\nIf-Match: "plan-1"\r\n\r\n');
  const [, response] = (await once(s3, 'request')) as [unknown, ServerResponse];
  response.writeHead(200, { 'content-length': 1000 }).write(Buffer.alloc(100));
  // Now the stand-in waits for more of the body.
  await once(bridge, 'data');
  // Both arrive in the same turn, the disconnect first.
  bridge.destroy();
  response.write(Buffer.alloc(500));
  await until('no connection is left', () => front.connections().length === 0);
  assert.deepEqual(front.struck.get('r1'), ['cut-by-reset']);
});
