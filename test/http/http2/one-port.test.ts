// One port serves HTTP/1 and HTTP/2 without TLS: a connection's first bytes determine which protocol is used.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { http2Request, openSession, requestOver } from '../../support/http2-request.ts';
import { rawExchange } from '../../support/raw-exchange.ts';
import { asBearer } from '../../support/token-headers.ts';
import { until } from '../../support/until.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const ORDERS = '/acme-lake/raw/public/orders.csv';
/** The size of an object that Cloud Run's front end rejects if it is sent over HTTP/1 with a Content-Length. */
const LARGE = 34_000_000;

describe('the port of a bridge on Cloud Run', () => {
  let wire: Wire;
  let headers: Record<string, string>;
  const large = randomBytes(LARGE);
  before(async () => {
    wire = await startWire({
      environment: { K_SERVICE: 'lake-bridge', K_REVISION: 'lake-bridge-00001-abc' },
    });
    headers = asBearer(await wire.token('reader'));
    await wire.put('large', large);
  });
  after(() => wire.close());

  it('serves the same object over HTTP/1 and HTTP/2', async () => {
    const [one, two] = await Promise.all([
      wire.get(ORDERS, { headers }),
      http2Request(wire.bridge.url, ORDERS, { headers }),
    ]);
    assert.deepEqual([one.status, two.status], [200, 200]);
    assert.equal(two.text, one.text);
    assert.equal(two.headers['content-length'], one.headers['content-length']);
    for (const [reply, protocol] of [
      [one, 'HTTP/1.1'],
      [two, 'HTTP/2.0'],
    ] as const) {
      const line = await wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);
      assert.equal((line['httpRequest'] as { protocol: string }).protocol, protocol);
    }
  });

  it('serves many requests on one HTTP/2 connection at the same time', async () => {
    const session = openSession(wire.bridge.url);
    const replies = await Promise.all(
      Array.from({ length: 200 }, () => requestOver(session, ORDERS, { headers })),
    );
    assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]));
    session.close();
  });

  it('sends a large object over HTTP/2 with Content-Length and without connection-specific headers', async () => {
    const reply = await http2Request(wire.bridge.url, '/acme-lake/large', { headers });
    assert.equal(reply.headers['content-length'], String(LARGE));
    assert.ok(reply.body.equals(large));
    for (const name of ['connection', 'keep-alive', 'transfer-encoding', 'x-fedbridge-object-length'])
      assert.equal(reply.headers[name], undefined, name);
    const names = reply.rawHeaders.filter((_, i) => i % 2 === 0);
    assert.deepEqual(
      names,
      names.map((name) => name.toLowerCase()),
    );
  });

  it('responds to HEAD and other methods over HTTP/2 as it does over HTTP/1', async () => {
    for (const method of ['HEAD', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'PATCH']) {
      const options = { method, headers, ...(method === 'PUT' ? { body: 'x'.repeat(100_000) } : {}) };
      const one = await wire.get(ORDERS, options);
      const two = await http2Request(wire.bridge.url, ORDERS, options);
      const compared = ['content-length', 'content-type', 'etag', 'allow', 'x-fedbridge-error'];
      assert.equal(two.status, one.status, method);
      assert.equal(two.code, one.code, method);
      for (const name of compared.slice(1))
        assert.equal(two.headers[name], one.headers[name], `${method} ${name}`);
    }
  });

  it('detects HTTP/2 even if the preface arrives byte by byte', async () => {
    const { hostname, port } = new URL(wire.bridge.url);
    const socket = connect(Number(port), hostname).setNoDelay();
    let received = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => (received = Buffer.concat([received, chunk])));
    for (const byte of PREFACE) {
      socket.write(byte);
      await new Promise(setImmediate);
    }
    // The client's empty SETTINGS frame. The bridge's first frame must also be SETTINGS (type 4).
    socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
    await until('the settings of the bridge arrive', () => received.length >= 9);
    assert.equal(received[3], 4);
    socket.destroy();
  });

  it('treats a connection that only begins like the HTTP/2 preface as HTTP/1', async () => {
    for (const [start, status] of [
      ['PRIVMSG * HTTP/1.1\r\n\r\n', 400],
      ['POST / HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n', 405],
    ] as const)
      assert.match(await rawExchange(wire.bridge.url, start), new RegExp(`^HTTP/1.1 ${status} `));
  });

  it('closes a connection whose client disconnects in the middle of the HTTP/2 preface', async () => {
    const { hostname, port } = new URL(wire.bridge.url);
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    socket.resume().end(PREFACE.slice(0, 10));
    await until('it is closed', () => socket.readableEnded);
    socket.destroy();
  });
});
