// Line breaks and markup in a key, metadata or a parameter never create a header, log line or XML element.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { rawExchange } from '../support/raw-exchange.ts';
import { startStandIn } from '../support/stand-in.ts';
import type { StandIn } from '../support/stand-in.ts';
import { configured, emailOf } from '../support/configuration.ts';
import { startWire } from '../support/wire.ts';
import type { Wire } from '../support/wire.ts';

const BREAKS = [
  '%0d%0aX-Injected:%201',
  '%0aX-Injected:%201',
  '%0dX-Injected',
  '%0d%0a%0d%0aHTTP/1.1%20200%20OK',
  '%e5%98%8a%e5%98%8dX-Injected:%201',
  '%c2%85X-Injected',
  '%22,%22severity%22:%22CRITICAL',
  '%3C/Message%3E%3CInjected/%3E',
  '%1b[31m',
];
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n';

describe('a response', () => {
  let wire: Wire;
  let s3: StandIn;
  let authorization: string;
  let said = `${OK}\r\nok`;
  before(async () => {
    s3 = await startStandIn(({ socket }) => {
      socket.write(Buffer.from(said, 'latin1'));
    });
    wire = await startWire({
      config: configured({
        buckets: { 'acme-lake': `role: lake, endpoint: "${s3.origin}"` },
        grants: [`callers: [${emailOf('reader')}], allow: [get, list], bucket: acme-lake, prefix: raw/`],
      }),
    });
    authorization = `Authorization: Bearer ${await wire.token('reader')}`;
  });
  after(async () => {
    await wire.close();
    s3.close();
  });

  const ask = (target: string, ...headers: readonly string[]): Promise<string> =>
    rawExchange(
      wire.bridge.url,
      [`GET ${target} HTTP/1.1`, 'Host: b', authorization, ...headers, 'Connection: close', '', ''].join(
        '\r\n',
      ),
    );
  const headOf = (reply: string): string => reply.slice(0, reply.indexOf('\r\n\r\n'));

  it('does not contain headers that a caller injected through a key, a prefix or a parameter', async () => {
    const before = wire.bridge.lines.length;
    let requests = 0;
    for (const breaks of BREAKS) {
      for (const target of [
        `/acme-lake/raw/${breaks}`,
        `/acme-lake/${breaks}`,
        `/${breaks}`,
        `/acme-lake/raw/x?${breaks}=1`,
        `/acme-lake/raw/x?versionId=${breaks}`,
        `/acme-lake?list-type=2&delimiter=/&prefix=&start-after=${breaks}`,
        `/acme-lake?list-type=2&prefix=${breaks}`,
        `/-/${breaks}`,
        `/-/explain?bucket=acme-lake&key=${breaks}`,
        `/-/explain?action=${breaks}`,
        `/-/object?bucket=acme-lake&key=raw/${breaks}`,
        `/-/objects?bucket=acme-lake&delimiter=/&continue=${breaks}`,
        `/acme-lake/raw/x?response-content-type=${breaks}`,
      ]) {
        requests += 1;
        const reply = await ask(target);
        assert.match(reply, /^HTTP\/1\.1 [245]\d\d /, target);
        const length = Number(/^content-length: (\d+)/im.exec(headOf(reply))?.[1] ?? assert.fail(target));
        assert.equal(reply.length, headOf(reply).length + 4 + length, 'exactly one response');
        assert.doesNotMatch(headOf(reply), /injected|CRITICAL/i, target);
        if (/^content-type: application\/xml/im.test(reply)) assert.doesNotMatch(reply, /<Injected/, target);
      }
    }
    const last = /x-request-id: (\S+)/.exec(await ask('/acme-lake/raw/last'))?.[1];
    await wire.bridge.line(({ requestId }) => requestId === last);
    // The log reader has already rejected any line that is not valid JSON.
    assert.equal(wire.bridge.lines.length - before, requests + 1);
    assert.ok(wire.bridge.lines.every(({ severity }) => severity !== 'CRITICAL'));
  });

  it('contains only allowed headers from S3', async () => {
    for (const metadata of [
      'x-amz-meta-a: b\r\nX-Injected: 1',
      'x-amz-meta-a: b\r\nSet-Cookie: a=b\r\nLocation: http://evil.example',
      'ETag: "a"\r\nTransfer-Encoding-X: 1\r\nConnection: keep-alive, x-amz-meta-a\r\nx-amz-meta-a: 1',
    ]) {
      said = `${OK}${metadata}\r\n\r\nok`;
      const reply = await ask('/acme-lake/raw/x');
      assert.match(reply, /^HTTP\/1\.1 200 /);
      assert.doesNotMatch(reply, /injected|set-cookie|location|transfer-encoding/i);
    }
  });

  it("is an error if S3's response head is invalid, and the next request succeeds", async () => {
    for (const metadata of [
      'x-amz-meta-a: b\nX-Injected: 1',
      'x-amz-meta-a: b\rX-Injected: 1',
      'x-amz-meta-a: b\0c',
      'x-amz-meta-ä: b',
      'x-amz-meta a: b',
      'x-amz-meta-a: b\x01',
      'x-amz-meta-a: b\x7f',
      ': b',
      'Content-Length: 3',
      'Transfer-Encoding: chunked',
    ]) {
      said = `${OK}${metadata}\r\n\r\nok`;
      const reply = await ask('/acme-lake/raw/x');
      assert.match(reply, /^HTTP\/1\.1 (?:50[023]|200) /, JSON.stringify(metadata));
      assert.doesNotMatch(reply, /^x-injected/im, JSON.stringify(metadata));
      assert.equal(reply.split('HTTP/1.1 ').length, 2);
      assert.doesNotMatch(reply, /^HTTP\/1\.1 500/, JSON.stringify(metadata));
      said = `${OK}\r\nok`;
      assert.match(await ask('/acme-lake/raw/x'), /^HTTP\/1\.1 200 [^]*ok$/);
    }
  });

  it("contains the object's metadata byte for byte", async () => {
    const bytes = `x-amz-meta-a: \xc3\xa9 \xff "<>&; a=b`;
    said = `${OK}${bytes}\r\n\r\nok`;
    assert.ok((await ask('/acme-lake/raw/x')).includes(`\r\n${bytes}\r\n`));
  });

  it('has status 200 or 400 if a request header contains bytes that are not valid text', async () => {
    said = `${OK}\r\nok`;
    for (const header of [
      'Range: bytes=\xff',
      'If-Match: "\x80"',
      'If-None-Match: \t"a"\t',
      'User-Agent: \xff\xfe',
      'x-amz-checksum-mode: \xe9',
      'x-amz-object-attributes: a\tb',
    ])
      assert.match(await ask('/acme-lake/raw/x', header), /^HTTP\/1\.1 (?:200|400) /, header);
  });
});
