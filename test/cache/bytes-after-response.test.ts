// Bytes that S3 sends for the cache after the caller's response has ended are counted and logged, too.
import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import type { LogLine } from '../support/bridge-process.ts';
import { emailOf } from '../support/configuration.ts';
import { startStoodInWire } from '../support/stand-in-wire.ts';
import type { StoodInWire } from '../support/stand-in-wire.ts';
import { until } from '../support/until.ts';

const [SIZE, FIRST] = [1024 * 1024, 300_000];
const BODY = Buffer.alloc(SIZE, 'b');

describe('bytes that arrive after the response has ended', () => {
  let wire: StoodInWire;
  before(async () => {
    wire = await startStoodInWire({
      more: `cache: { memory: 32MiB }\noperators: [${emailOf('reader')}]`,
    });
  });
  after(() => wire.close());

  /** Makes S3 send the rest of an object only when the returned function is called. */
  const holdRest = (): (() => void) => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const version = { etag: '"e1"', 'last-modified': 'Sat, 01 Jan 2000 00:00:00 GMT' };
    wire.s3Answers(async ({ headers }, response) => {
      if (headers['if-none-match'] === version.etag) {
        response.writeHead(304, version).end();
        return;
      }
      response.writeHead(206, {
        ...version,
        'content-length': SIZE,
        'content-range': `bytes 0-${SIZE - 1}/${SIZE}`,
      });
      response.write(BODY.subarray(0, FIRST));
      await promise;
      response.end(BODY.subarray(FIRST));
    });
    return () => {
      resolve(undefined);
    };
  };
  const lateLine = (first: LogLine): Promise<LogLine> =>
    wire.bridge.line(
      ({ event, requestId }) => event === 'bytes_after_response' && requestId === first['requestId'],
    );
  const egressOf = async (): Promise<number> => {
    const { text } = await wire.read({ path: '/-/egress' });
    return (JSON.parse(text) as { total: { bytes: number } }).total.bytes;
  };

  it('are in a line of their own, in /-/egress and in the metrics', async () => {
    const sendRest = holdRest();
    const reply = await wire.read({ headers: { range: 'bytes=0-9' } });
    assert.equal(reply.status, 206);
    const first = await wire.lineOf(reply);
    assert.ok(Number(first['bytesFromS3']) <= FIRST);
    sendRest();
    await until('the report includes all bytes', async () => (await egressOf()) === SIZE);
    const late = await lateLine(first);
    assert.equal(Number(first['bytesFromS3']) + Number(late['bytesFromS3']), SIZE);
    for (const field of ['caller', 'callerId', 'issuer', 'bucket', 'role', 'sessionName', 'region', 'path'])
      assert.equal(late[field], first[field], field);
    assert.equal(await wire.metric(`fedbridge_caller_s3_bytes_total{caller="${emailOf('reader')}"}`), SIZE);
    const labels = 'bucket="acme-lake",role="lake",operation="GetObject"';
    assert.equal(await wire.metric(`fedbridge_bucket_s3_bytes_total{${labels}}`), SIZE);
    assert.equal(await wire.metric(`fedbridge_bucket_requests_total{${labels}}`), 1);
  });

  it('count for the request that started the download, if another caller waits for them', async () => {
    const before = await egressOf();
    const sendRest = holdRest();
    const options = { path: '/acme-lake/b', headers: { range: 'bytes=0-' } };
    const leaving = await wire.open(options);
    const staying = await wire.open(options);
    leaving.destroy();
    const first = await wire.lineOf(leaving);
    assert.equal(first['abortedBy'], 'caller');
    sendRest();
    assert.equal((await buffer(staying)).length, SIZE);
    await until('the report includes all bytes', async () => (await egressOf()) === before + SIZE);
    const late = await lateLine(first);
    assert.equal(Number(first['bytesFromS3']) + Number(late['bytesFromS3']), SIZE);
    assert.equal((await wire.lineOf(staying))['bytesFromS3'], 0);
  });
});
