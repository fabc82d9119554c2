// The bridge never serves a request that is hidden in the body of a different request.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { rawExchange } from '../support/raw-exchange.ts';
import { startWire } from '../support/wire.ts';
import type { Wire } from '../support/wire.ts';

const HIDDEN = 'GET /hidden/x HTTP/1.1\r\nHost: hidden\r\n\r\n';
const CHUNKS = `${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`;
const GET = 'GET /acme-lake/x HTTP/1.1\r\nHost: b\r\n';
const POST = 'POST /acme-lake/x HTTP/1.1\r\nHost: b\r\n';

/** Requests in which different HTTP parsers might find the end of the body at different positions. */
const AMBIGUOUS: Readonly<Record<string, string>> = {
  'a Content-Length before chunked encoding': `${GET}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKS}`,
  'chunked encoding before a Content-Length': `${GET}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n${CHUNKS}`,
  'two Content-Length headers': `${GET}Content-Length: 0\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
  'a list of numbers as Content-Length': `${GET}Content-Length: 0, ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
  'a Content-Length with a plus sign': `${GET}Content-Length: +${HIDDEN.length}\r\n\r\n${HIDDEN}`,
  'a negative Content-Length': `${GET}Content-Length: -1\r\n\r\n${HIDDEN}`,
  'a hexadecimal Content-Length': `${GET}Content-Length: 0x10\r\n\r\n${HIDDEN}`,
  'a Content-Length that overflows': `${GET}Content-Length: 18446744073709551616\r\n\r\n${HIDDEN}`,
  'a space before the colon': `${POST}Transfer-Encoding : chunked\r\n\r\n${CHUNKS}`,
  'a folded Transfer-Encoding': `${POST}Transfer-Encoding:\r\n chunked\r\n\r\n${CHUNKS}`,
  'a folded header': `${GET}X-A: 1\r\n Content-Length: 5\r\n\r\n`,
  'an unknown Transfer-Encoding': `${POST}Transfer-Encoding: xchunked\r\n\r\n${CHUNKS}`,
  'a second encoding after chunked': `${POST}Transfer-Encoding: chunked, identity\r\n\r\n${CHUNKS}`,
  'two Transfer-Encoding headers': `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
  'a vertical tab in Transfer-Encoding': `${POST}Transfer-Encoding: \x0bchunked\r\n\r\n${CHUNKS}`,
  'bare line feeds': `GET /acme-lake/x HTTP/1.1\nHost: b\nContent-Length: 0\n\n${HIDDEN}`,
  'a bare carriage return': `GET /acme-lake/x HTTP/1.1\r\nHost: b\rX-A: 1\r\n\r\n${HIDDEN}`,
  'a NUL in a header': `${GET}X-A: a\0b\r\n\r\n${HIDDEN}`,
  'an invalid chunk size': `${POST}Transfer-Encoding: chunked\r\n\r\nzz\r\n${HIDDEN}`,
  'a chunk size that overflows': `${POST}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n${HIDDEN}`,
  'a chunk that is longer than its size': `${POST}Transfer-Encoding: chunked\r\n\r\n1\r\n${HIDDEN}0\r\n\r\n`,
  'an invalid version': `GET /acme-lake/x HTTP/1.1 HTTP/1.1\r\nHost: b\r\n\r\n${HIDDEN}`,
  'a header without a name': `GET /acme-lake/x HTTP/1.1\r\n: x\r\nHost: b\r\n\r\n${HIDDEN}`,
  'an upgrade that the bridge does not support': `${GET}Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
  'no Host header': `GET /acme-lake/x HTTP/1.1\r\n\r\n${HIDDEN}`,
};

/** Requests in which all HTTP parsers find the end of the body at the same position. */
const PLAIN: Readonly<Record<string, string>> = {
  'a Content-Length on a GET': `${GET}Content-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
  'chunked encoding on a GET': `${GET}Transfer-Encoding: chunked\r\n\r\n${CHUNKS}`,
  'chunk extensions': `${POST}Transfer-Encoding: chunked\r\n\r\n${CHUNKS.replace('\r\n', ';a=b;c="d"\r\n')}`,
  'a trailer': `${POST}Transfer-Encoding: chunked\r\n\r\n${CHUNKS.replace(/0\r\n\r\n$/, '0\r\nHost: hidden\r\n\r\n')}`,
};

describe('a request', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire();
  });
  after(() => wire.close());

  const statusesIn = (text: string): readonly string[] =>
    [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status = '']) => status);
  /**
   * The bridge responds to `bytes` before it responds to later requests on other connections. After two such later responses,
   * no further response to `bytes` can arrive.
   */
  const statuses = async (bytes: string): Promise<readonly string[]> =>
    statusesIn(
      await rawExchange(wire.bridge.url, bytes, async (text) => {
        const hasBegun = statusesIn(text).length > 0;
        for (let i = 0; i < 2; i += 1) await wire.get('/-/live');
        return hasBegun;
      }),
    );
  const last = 'GET /-/live HTTP/1.1\r\nHost: last\r\nConnection: close\r\n\r\n';

  for (const [what, bytes] of Object.entries(AMBIGUOUS)) {
    it(`with ${what} is the last one that the bridge reads from the connection`, async () => {
      const seen = await statuses(bytes + last);
      // A status of 200 would mean that the bridge also served the request that follows the ambiguous one.
      assert.ok(['400', '401', '405', '401,400', '405,400', '400,400'].includes(seen.join()), seen.join());
    });
  }

  for (const [what, bytes] of Object.entries(PLAIN)) {
    it(`with ${what} is parsed correctly, and the next request is served`, async () => {
      const [first, next, ...more] = await statuses(bytes + last);
      assert.ok(first === '401' || first === '405', String(first));
      assert.deepEqual([next, more], ['200', []]);
    });
  }

  it('with unusual framing never makes the bridge serve a request hidden in the body', async () => {
    const { headers } = await wire.get('/acme-lake/after-all');
    await wire.bridge.line(({ requestId }) => requestId === headers['x-request-id']);
    assert.doesNotMatch(wire.bridge.output(), /hidden/);
  });
});
