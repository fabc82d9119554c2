// What comes on a connection and is no request: an answer in S3's form with an ID, a line of its own, and the end of the connection.
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
/** So many lines are written at most in so long. */
const [LINES_A_WINDOW, WINDOW_MS] = [20, 10_000];
/** Far more than that. */
const FLOOD = 500;

describe('what is no request', () => {
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
    ['other words', 'HELLO\r\n\r\n', 400, 'BadRequest', 'request_malformed', undefined],
    ['TLS', TLS_HELLO, 400, 'BadRequest', 'request_malformed', 'TLS'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'BadRequest', 'request_malformed', 'HTTP/2'],
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
    ['no Host', 'GET /-/live HTTP/1.1\r\n\r\n', 400, 'BadRequest', 'host_missing', undefined],
    [
      'a tunnel',
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
    it(`(${what}) is answered ${status} and has a line`, async () => {
      const before = await counted(status);
      const socket = await open();
      let answer = '';
      socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
      const closed = once(socket, 'close');
      if (what === 'half a request') socket.end(bytes, 'latin1');
      else socket.write(bytes, 'latin1');
      await closed;
      const [, id = ''] = /\r\nx-request-id: (\S+)\r\n/.exec(answer) ?? [];
      assert.match(
        answer,
        new RegExp(`^HTTP/1\\.1 ${status} [^]*\r\nx-fedbridge-error: invalid_request\r\n`),
      );
      assert.match(answer, /\r\nconnection: close\r\n/i);
      assert.match(answer, new RegExp(`<Code>${code}</Code>.*<RequestId>${id}</RequestId>`));
      const [head = '', body = ''] = answer.split('\r\n\r\n');
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

  it('without a Host header is answered where HTTP has none', async () => {
    assert.match(await rawExchange(wire.bridge.url, 'GET /-/live HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 /);
  });

  it('but an expectation that nobody knows is no reason to refuse a read', async () => {
    const reply = await wire.get(READABLE, { as: 'reader', headers: { expect: 'the unexpected' } });
    assert.equal(reply.status, 200);
  });

  it('gets no answer amid that of a request before it', async () => {
    await wire.fault({ supplier: 's3', fault: 'hang' });
    const authorization = `Bearer ${await wire.token('reader')}`;
    const first = `GET ${READABLE} HTTP/1.1\r\nHost: b\r\nAuthorization: ${authorization}\r\n\r\n`;
    const [before, lines] = [await counted(400), wire.bridge.lines.length];
    const answer = await rawExchange(wire.bridge.url, `${first}HELLO\r\n\r\n`);
    await wire.clearFaults();
    assert.equal(answer, '', 'it would be taken for that of the first');
    assert.equal(await counted(400), before + 1);
    const line = await wire.bridge.line(
      (one) => one['fault'] === 'request_malformed' && wire.bridge.lines.indexOf(one) >= lines,
    );
    assert.equal(line['answered'], false);
  });

  it('from callers that are gone at once ends nothing', async () => {
    for (let i = 0; i < 100; i += 1) {
      const socket = await open();
      socket.write(i % 2 === 0 ? 'HELLO\r\n\r\n' : `GET /${'x'.repeat(17_000)}`);
      socket.resetAndDestroy();
    }
    assert.equal((await wire.get('/-/live')).status, 200);
  });

  it('as a flood is counted, and has few lines and their number', async () => {
    const [before, lines] = [await counted(400), wire.bridge.lines.length];
    const begun = performance.now();
    for (let i = 0; i < FLOOD; i += 1) await rawExchange(wire.bridge.url, 'HELLO\r\n\r\n');
    assert.equal(await counted(400), before + FLOOD);
    const newLines = (): typeof wire.bridge.lines => wire.bridge.lines.slice(lines);
    // No later window of lines can begin than by now; one may have begun before.
    const windows = (performance.now() - begun) / WINDOW_MS + 2;
    await until('the others are told of', () =>
      newLines().some(({ suppressed }) => suppressed !== undefined),
    );
    const own = newLines().filter(({ fault }) => fault === 'request_malformed').length;
    assert.ok(own <= windows * LINES_A_WINDOW, `${own} lines in ${windows} windows`);
  });
});
