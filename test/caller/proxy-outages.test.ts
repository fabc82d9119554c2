// While the bridge or the token source is down, the proxy responds with a clear error, and recovers without a restart.
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Fault } from '../../src/errors/fault.ts';
import type { IdentityToken } from '../../src/identity/identity-token.ts';
import { startStandIn } from '../support/stand-in.ts';
import type { Respond } from '../support/stand-in.ts';
import { startWire } from '../support/wire.ts';
import { startLocalProxy, unverifiedToken } from './local-proxy.ts';

const OBJECT = '/acme-lake/a';
const fetchToken = (): Promise<IdentityToken> => Promise.resolve(unverifiedToken('caller'));
const ok: Respond = (_, response) => {
  response.end('object');
};

/** Makes a TCP server that handles each connection with `respond`, and returns its port. */
async function tcpServer(respond: (write: (text: string) => void) => void) {
  const server = createServer((socket) => {
    socket
      .on('error', () => undefined)
      .once('data', () => {
        respond((text) => socket.end(text));
      });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return { origin: `http://127.0.0.1:${address.port}`, close: () => server.close() };
}

describe('the proxy, while the bridge is down', () => {
  it('responds with 502 until the bridge is up again, even if connections were open before the outage', async (test) => {
    const wire = await startWire();
    const proxy = await startLocalProxy({ upstream: wire.sandbox.contract.s3, fetchToken });
    test.after(async () => {
      proxy.close();
      await wire.close();
    });
    assert.equal((await proxy.get(OBJECT)).status, 400);
    await wire.fault({ upstream: 's3', fault: 'refuse' });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const { status, code, text, headers } = await proxy.get(OBJECT);
      assert.deepEqual([status, code, headers['x-fedbridge-error']], [502, 'BadGateway', 'upstream_failed']);
      assert.match(text, /could not reach the bridge\. Try again shortly\. \(E[A-Z]+\)/);
      assert.equal(headers['retry-after'], '1');
    }
    const head = await proxy.get(OBJECT, { method: 'HEAD' });
    assert.deepEqual([head.status, head.text], [502, '']);
    assert.match(String(head.headers['x-fedbridge-message']), /could not reach the bridge/);
    await wire.clearFaults();
    assert.equal((await proxy.get(OBJECT)).status, 400);
    const codes = proxy.responses.map((fault) => fault?.code);
    const down = 'proxy_upstream_unreachable';
    assert.deepEqual(codes, [undefined, down, down, down, undefined]);
  });

  it('responds to a control route with a problem document', async (test) => {
    const proxy = await startLocalProxy({ upstream: 'http://127.0.0.1:1', fetchToken });
    test.after(proxy.close);
    const { status, headers, text } = await proxy.get('/-/whoami');
    assert.deepEqual([status, headers['content-type']], [502, 'application/problem+json']);
    assert.match(text, /ECONNREFUSED/);
  });
});

describe('the proxy', () => {
  it('responds with 504 if the bridge hangs, and aborts a response whose body stalls', async (test) => {
    let hangs: 'head' | 'body' = 'head';
    const bridge = await startStandIn((_, response) => {
      if (hangs === 'body') response.write('partial');
    });
    const proxy = await startLocalProxy({ upstream: bridge.origin, fetchToken, stallMs: 200 });
    test.after(() => {
      proxy.close();
      bridge.close();
    });
    const { status, code } = await proxy.get(OBJECT);
    assert.deepEqual([status, code], [504, 'GatewayTimeout']);
    hangs = 'body';
    await assert.rejects(proxy.get(OBJECT), { code: 'ECONNRESET' });
  });

  it('responds with 502 if the upstream server does not speak HTTP', async (test) => {
    const server = await tcpServer((write) => {
      write('SSH-2.0-OpenSSH\r\n');
    });
    const proxy = await startLocalProxy({ upstream: server.origin, fetchToken });
    test.after(() => {
      proxy.close();
      server.close();
    });
    const { status, text } = await proxy.get(OBJECT);
    assert.equal(status, 502);
    assert.match(text, /did not send a valid HTTP response/);
  });

  it("does not follow redirects, and never sends its token to a redirect's target", async (test) => {
    const other = await startStandIn(ok);
    const bridge = await startStandIn((_, response) => {
      response.writeHead(302, { location: `${other.origin}/` }).end();
    });
    const proxy = await startLocalProxy({ upstream: bridge.origin, fetchToken });
    test.after(() => {
      proxy.close();
      bridge.close();
      other.close();
    });
    const { status, text, headers } = await proxy.get(OBJECT);
    assert.deepEqual([status, headers.location, other.asked.length], [502, undefined, 0]);
    assert.match(text, /sent a redirect, which the proxy does not follow/);
  });

  it('sends a request again if the bridge closes an idle connection just as the proxy reuses it', async (test) => {
    const bridge = await startStandIn((request, response) => {
      if (bridge.asked.filter(({ socket }) => socket === request.socket).length > 1) request.socket.destroy();
      else response.end('object');
    });
    const proxy = await startLocalProxy({ upstream: bridge.origin, fetchToken });
    test.after(() => {
      proxy.close();
      bridge.close();
    });
    for (let read = 0; read < 3; read += 1) assert.equal((await proxy.get(OBJECT)).status, 200);
    assert.ok(bridge.asked.length > 3, 'a connection was reused');
  });
});

describe('the proxy, while the token source is down', () => {
  it('responds with 502 and the reason, without calling the bridge, until the token source works again', async (test) => {
    const bridge = await startStandIn(ok);
    let isDown = true;
    const proxy = await startLocalProxy({
      upstream: bridge.origin,
      fetchToken: () =>
        isDown ? Promise.reject(new Fault('metadata_unreachable', { error: 'ECONNREFUSED' })) : fetchToken(),
    });
    test.after(() => {
      proxy.close();
      bridge.close();
    });
    const { status, code, text, headers } = await proxy.get(OBJECT);
    assert.deepEqual([status, code, headers['retry-after']], [502, 'BadGateway', '1']);
    assert.match(text, /could not get an identity token\. metadata server: must be reachable, but is not\./);
    assert.equal(bridge.asked.length, 0);
    isDown = false;
    assert.equal((await proxy.get(OBJECT)).status, 200);
    assert.deepEqual([proxy.tokens.at(0)?.code, proxy.tokens.at(-1)], ['metadata_unreachable', undefined]);
  });
});
