// The proxy streams bodies in both directions with back-pressure, and a truncated response never looks complete.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as send } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { open, request } from '../support/http-request.ts';
import { startStandIn } from '../support/stand-in.ts';
import type { Respond, StandIn } from '../support/stand-in.ts';
import { inTime, until } from '../support/until.ts';
import { KEY, startLocalProxy, unverifiedToken } from './local-proxy.ts';
import type { LocalProxy } from './local-proxy.ts';

const authorization = `Bearer ${KEY}`;
const CHUNK = Buffer.alloc(1_048_576, 'x');
/** More than the kernel's socket buffers on both sides of the proxy can hold. */
const MOST_BUFFERED = 64;

async function startBoth(
  test: TestContext,
  respond: Respond,
): Promise<{ proxy: LocalProxy; bridge: StandIn }> {
  const bridge = await startStandIn(respond);
  const proxy = await startLocalProxy({
    upstream: bridge.origin,
    fetchToken: () => Promise.resolve(unverifiedToken('caller')),
  });
  test.after(() => {
    proxy.close();
    bridge.close();
  });
  return { proxy, bridge };
}

describe('the proxy', () => {
  it('stops reading from the bridge while the client reads nothing, and delivers every byte later', async (test) => {
    let written = 0;
    let isPaused = false;
    const total = 2 * MOST_BUFFERED;
    const respond = async (_: IncomingMessage, response: ServerResponse): Promise<void> => {
      response.writeHead(200);
      for (; written < total; written += 1) {
        if (response.write(CHUNK)) continue;
        isPaused = true;
        await once(response, 'drain');
        isPaused = false;
      }
      response.end();
    };
    const { proxy } = await startBoth(test, respond);
    const received = await open(proxy.url, '/acme-lake/large', { headers: { authorization } });
    let before = -1;
    await until('the bridge can write no more', () => {
      const isStill = isPaused && written === before;
      before = written;
      return isStill;
    });
    assert.ok(written < MOST_BUFFERED, `${written} MiB were buffered`);
    let bytes = 0;
    for await (const chunk of received as AsyncIterable<Buffer>) bytes += chunk.length;
    assert.equal(bytes, total * CHUNK.length);
  });

  it('stops reading from the client while the bridge reads nothing, and delivers every byte later', async (test) => {
    const { promise: mayRead, resolve: letRead } = Promise.withResolvers<undefined>();
    let received = 0;
    const { proxy } = await startBoth(test, async (incoming, response) => {
      await mayRead;
      for await (const chunk of incoming as AsyncIterable<Buffer>) received += chunk.length;
      response.end(String(received));
    });
    const upload = send(proxy.url, { method: 'POST', path: '/acme-lake/upload', headers: { authorization } });
    const answered = once(upload, 'response') as Promise<[IncomingMessage]>;
    let sent = 0;
    let isPaused = false;
    const total = 2 * MOST_BUFFERED;
    const sendAll = async (): Promise<void> => {
      for (; sent < total; sent += 1) {
        if (upload.write(CHUNK)) continue;
        isPaused = true;
        await once(upload, 'drain');
        isPaused = false;
      }
      upload.end();
    };
    const sending = sendAll();
    let before = -1;
    await until('the client can send no more', () => {
      const isStill = isPaused && sent === before;
      before = sent;
      return isStill;
    });
    assert.ok(sent < MOST_BUFFERED, `${sent} MiB were buffered`);
    assert.equal(received, 0);
    letRead(undefined);
    await inTime('the upload is sent', sending);
    const [{ statusCode }] = await inTime('the upload ends', answered);
    assert.deepEqual([statusCode, received], [200, total * CHUNK.length]);
  });

  it('streams a response as it arrives', async (test) => {
    const { promise: mayEnd, resolve: letEnd } = Promise.withResolvers<undefined>();
    const { proxy } = await startBoth(test, async (_, response) => {
      response.write('first');
      await mayEnd;
      response.end('second');
    });
    const received = await open(proxy.url, '/acme-lake/a', { headers: { authorization } });
    const [chunk] = (await inTime('the first bytes', once(received, 'data'))) as [Buffer];
    assert.equal(chunk.toString(), 'first');
    letEnd(undefined);
    await inTime('the end', once(received, 'end'));
  });

  for (const [what, headers] of [
    ['with a Content-Length', { 'content-length': '100' }],
    ['without a Content-Length', {}],
  ] as const)
    it(`aborts its own response if the bridge aborts a response ${what}`, async (test) => {
      const { proxy } = await startBoth(test, (_, response) => {
        response.writeHead(200, headers);
        response.write('partial', () => response.destroy());
      });
      await assert.rejects(request(proxy.url, '/acme-lake/a', { headers: { authorization } }), {
        code: 'ECONNRESET',
      });
    });

  it('aborts its request to the bridge if the client disconnects', async (test) => {
    for (const headFirst of [true, false]) {
      const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
      const { proxy, bridge } = await startBoth(test, (_, response) => {
        response.once('close', () => {
          resolve(undefined);
        });
        if (headFirst) response.write('first');
      });
      const asked = send(proxy.url, { path: '/acme-lake/a', headers: { authorization } });
      asked.on('error', () => undefined).end();
      await until('the bridge has the request', () => bridge.asked.length === 1);
      asked.destroy();
      await inTime('the request to the bridge is aborted', aborted);
    }
  });

  it('forwards a response that the bridge sends before an upload has ended', async (test) => {
    const { proxy } = await startBoth(test, (_, response) => {
      response.writeHead(405).end('read-only');
    });
    const upload = send(proxy.url, { method: 'PUT', path: '/acme-lake/a', headers: { authorization } });
    upload.on('error', () => undefined);
    upload.write(CHUNK);
    const [{ statusCode }] = (await inTime('the response', once(upload, 'response'))) as [IncomingMessage];
    assert.equal(statusCode, 405);
    upload.destroy();
  });
});
