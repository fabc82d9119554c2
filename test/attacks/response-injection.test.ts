// Keys, metadata and parameters with line breaks and markup in them make neither headers, nor lines of the log, nor elements.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { rawExchange } from '../support/raw-exchange.ts';
import { startRawS3 } from '../support/raw-s3.ts';
import type { RawS3 } from '../support/raw-s3.ts';
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

describe('an answer', () => {
  let wire: Wire;
  let s3: RawS3;
  let authorization: string;
  let said = `${OK}\r\nok`;
  before(async () => {
    s3 = await startRawS3((socket) => {
      socket.write(Buffer.from(said, 'latin1'));
    });
    wire = await startWire({
      config: configured({
        buckets: { 'acme-lake': `role: lake, endpoint: "${s3.url}"` },
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

  it('has no header of a key, a prefix or a parameter', async () => {
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
        assert.equal(reply.length, headOf(reply).length + 4 + length, 'one answer');
        assert.doesNotMatch(headOf(reply), /injected|CRITICAL/i, target);
        if (/^content-type: application\/xml/im.test(reply)) assert.doesNotMatch(reply, /<Injected/, target);
      }
    }
    const last = /x-request-id: (\S+)/.exec(await ask('/acme-lake/raw/last'))?.[1];
    await wire.bridge.line(({ requestId }) => requestId === last);
    // Each line of the log was JSON, or nothing here would have come so far.
    assert.equal(wire.bridge.lines.length - before, requests + 1);
    assert.ok(wire.bridge.lines.every(({ severity }) => severity !== 'CRITICAL'));
  });

  it('has no header of S3’s but those that are handed on', async () => {
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

  it('is a fault where S3’s head is no head, and the next is well', async () => {
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

  it('hands metadata on byte for byte, whatever the bytes mean', async () => {
    const bytes = `x-amz-meta-a: \xc3\xa9 \xff "<>&; a=b`;
    said = `${OK}${bytes}\r\n\r\nok`;
    assert.ok((await ask('/acme-lake/raw/x')).includes(`\r\n${bytes}\r\n`));
  });

  it('is the same for a header of the caller’s with bytes that are no text', async () => {
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
