// A malformed request gets an S3-style error with a request ID and its own log line, and its connection is closed.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { startMeasuredWire } from '../../support/metrics.ts';
import type { MeasuredWire } from '../../support/metrics.ts';
import { rawExchange } from '../../support/raw-exchange.ts';
import { READABLE } from '../../support/sessions-at-sts.ts';
import { until } from '../../support/until.ts';

const TLS_HELLO = '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03';
/** The maximum number of log lines in a time window, and the length of the window in milliseconds. */
const [LINES_PER_WINDOW, WINDOW_MS] = [20, 10_000];
/** Far more requests than the number of log lines allowed in one time window. */
const FLOOD = 500;

describe('a request', () => {
  let wire: MeasuredWire;
  before(async () => {
    wire = await startMeasuredWire();
  });
  after(() => wire.close());

  const open = async (): Promise<Socket> => {
    const { hostname, port } = new URL(wire.bridge.url);
    const socket = connect(Number(port), hostname).on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };
  const counted = (status: number): Promise<number> =>
    wire.metric(`fedbridge_requests_total{operation="malformed",status="${status}"}`);

  for (const [what, bytes, status, code, fault, looksLike] of [
    ['not HTTP', 'HELLO\r\n\r\n', 400, 'BadRequest', 'request_malformed', undefined],
    ['TLS', TLS_HELLO, 400, 'BadRequest', 'request_malformed', 'TLS'],
    [
      'PROXY',
      'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n',
      400,
      'BadRequest',
      'request_malformed',
      'PROXY protocol',
    ],
    [
      'a header without a name',
      'GET / HTTP/1.1\r\n: x\r\n\r\n',
      400,
      'BadRequest',
      'request_malformed',
      undefined,
    ],
    ['half a request', 'GET / HTTP/1.1\r\nHo', 400, 'BadRequest', 'request_malformed', undefined],
    ['without Host', 'GET /-/live HTTP/1.1\r\n\r\n', 400, 'BadRequest', 'host_missing', undefined],
    [
      'CONNECT',
      'CONNECT s3:443 HTTP/1.1\r\nHost: s3\r\n\r\n',
      405,
      'MethodNotAllowed',
      'method_not_allowed',
      undefined,
    ],
    [
      'a large header',
      `GET / HTTP/1.1\r\nHost: b\r\nCookie: ${'x'.repeat(17_000)}\r\n\r\n`,
      431,
      'RequestHeaderSectionTooLarge',
      'request_headers_too_large',
      undefined,
    ],
    [
      'a long URL',
      `GET /${'x'.repeat(17_000)} HTTP/1.1\r\nHost: b\r\n\r\n`,
      431,
      'RequestHeaderSectionTooLarge',
      'request_headers_too_large',
      undefined,
    ],
  ] as const) {
    it(`that is malformed (${what}) gets ${status} and a log line`, async () => {
      const before = await counted(status);
      const socket = await open();
      let response = '';
      socket.on('data', (chunk: Buffer) => (response += chunk.toString()));
      const closed = once(socket, 'close');
      if (what === 'half a request') socket.end(bytes, 'latin1');
      else socket.write(bytes, 'latin1');
      await closed;
      const [, id = ''] = /\r\nx-request-id: (\S+)\r\n/.exec(response) ?? [];
      assert.match(
        response,
        new RegExp(`^HTTP/1\\.1 ${status} [^]*\r\nx-fedbridge-error: invalid_request\r\n`),
      );
      assert.match(response, /\r\nconnection: close\r\n/i);
      assert.match(response, new RegExp(`<Code>${code}</Code>.*<RequestId>${id}</RequestId>`));
      const [head = '', body = ''] = response.split('\r\n\r\n');
      assert.match(
        head,
        new RegExp(
          `content-length: ${Buffer.byteLength(body)}$|content-length: ${Buffer.byteLength(body)}\r`,
        ),
      );
      const line = await wire.bridge.line(({ requestId }) => requestId === id);
      assert.equal(line['fault'], fault);
      assert.equal(line['status'], status);
      const { remoteIp } = line['httpRequest'] as { remoteIp?: string };
      assert.equal(remoteIp, '127.0.0.1');
      assert.equal((line['cause'] as { looksLike?: string } | undefined)?.looksLike, looksLike);
      assert.equal(await counted(status), before + 1);
    });
  }

  it('in HTTP/1.0 without Host is not treated as malformed', async () => {
    assert.match(await rawExchange(wire.bridge.url, 'GET /-/live HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 /);
  });

  it('with an unknown Expect header is not treated as malformed', async () => {
    const reply = await wire.get(READABLE, { as: 'reader', headers: { expect: 'the unexpected' } });
    assert.equal(reply.status, 200);
  });

  it('that is malformed gets no response if an earlier request on the same connection is still unanswered', async () => {
    await wire.fault({ upstream: 's3', fault: 'hang' });
    const authorization = `Bearer ${await wire.token('reader')}`;
    const first = `GET ${READABLE} HTTP/1.1\r\nHost: b\r\nAuthorization: ${authorization}\r\n\r\n`;
    const [before, lines] = [await counted(400), wire.bridge.lines.length];
    const response = await rawExchange(wire.bridge.url, `${first}HELLO\r\n\r\n`);
    await wire.clearFaults();
    assert.equal(response, '', 'the client would take it for the first response');
    assert.equal(await counted(400), before + 1);
    const line = await wire.bridge.line(
      (one) => one['fault'] === 'request_malformed' && wire.bridge.lines.indexOf(one) >= lines,
    );
    assert.equal(line['answered'], false);
  });

  it('that is malformed does not stop the bridge if its caller disconnects immediately', async () => {
    for (let i = 0; i < 100; i += 1) {
      const socket = await open();
      socket.write(i % 2 === 0 ? 'HELLO\r\n\r\n' : `GET /${'x'.repeat(17_000)}`);
      socket.resetAndDestroy();
    }
    assert.equal((await wire.get('/-/live')).status, 200);
  });

  it('that is malformed is always counted, but a flood is summarized in a few log lines', async () => {
    const [before, lines] = [await counted(400), wire.bridge.lines.length];
    const startMs = performance.now();
    for (let i = 0; i < FLOOD; i += 1) await rawExchange(wire.bridge.url, 'HELLO\r\n\r\n');
    assert.equal(await counted(400), before + FLOOD);
    const newLines = (): typeof wire.bridge.lines => wire.bridge.lines.slice(lines);
    // The two extra windows are the last one, which has not ended, and one that may have started before the flood.
    const windows = (performance.now() - startMs) / WINDOW_MS + 2;
    await until('the suppressed lines are reported', () =>
      newLines().some(({ suppressed }) => suppressed !== undefined),
    );
    const written = newLines().filter(({ fault }) => fault === 'request_malformed').length;
    assert.ok(written <= windows * LINES_PER_WINDOW, `${written} lines in ${windows} windows`);
  });
});
