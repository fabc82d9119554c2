// A resumed download never mixes two versions of an object, even if S3 gives every version the same ETag.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { giveObject } from '../../support/object-at-s3.ts';
import type { AtS3 } from '../../support/object-at-s3.ts';
import { startStoodInWire } from '../../support/stand-in-wire.ts';
import type { StoodInWire } from '../../support/stand-in-wire.ts';

const SIZE = 100_000;
const SENT = 40_000;
const ETAG = '"constant"';

type Headers = Readonly<Record<string, string>>;

const VERSION_1: Headers = {
  'x-amz-version-id': 'v1',
  'last-modified': 'Tue, 06 Jan 2026 10:00:00 GMT',
  'content-encoding': 'gzip',
};

const without = (name: string): Headers =>
  Object.fromEntries(Object.entries(VERSION_1).filter(([each]) => each !== name));

const version = (letter: string, headers: Headers): AtS3 => ({
  body: Buffer.alloc(SIZE, letter),
  etag: ETAG,
  headers,
});

describe('the rest of a truncated download', () => {
  let wire: StoodInWire;
  before(async () => {
    wire = await startStoodInWire();
    // Each test resumes a download once, and ten requests earn one retry. Without these reads, the tests would use up the
    // initial retry budget.
    wire.s3Answers((_request, response) => {
      response.end();
    });
    for (let reads = 0; reads < 100; reads += 1) await wire.read();
  });
  after(() => wire.close());

  /** Truncates the download once and serves the rest from the second object. */
  const truncatedOnce = (first: AtS3, second: AtS3): void => {
    let requests = 0;
    wire.s3Answers((request, response) => {
      requests += 1;
      if (requests === 1) giveObject(first, request, response, { after: SENT });
      else giveObject(second, request, response);
    });
  };

  for (const [name, value] of [
    ['x-amz-version-id', 'v2'],
    ['last-modified', 'Tue, 06 Jan 2026 10:00:01 GMT'],
    ['content-encoding', 'br'],
  ] as const) {
    it(`is rejected if its ${name} differs`, async () => {
      truncatedOnce(version('1', VERSION_1), version('2', { ...VERSION_1, [name]: value }));
      await assert.rejects(wire.read({ path: `/acme-lake/${name}` }), { code: 'ECONNRESET' });
      const line = await wire.bridge.line(({ key }) => key === name);
      assert.deepEqual([line['fault'], line['abortedBy'], line['bytesSent']], ['object_changed', 's3', SENT]);
      assert.equal(wire.asked().length, 2);
    });

    it(`is used if it has no ${name}`, async () => {
      truncatedOnce(version('1', VERSION_1), version('1', without(name)));
      assert.ok((await wire.read()).body.equals(Buffer.alloc(SIZE, '1')));
    });
  }

  for (const name of ['x-amz-version-id', 'last-modified']) {
    it(`is used if the beginning had no ${name}`, async () => {
      truncatedOnce(version('1', without(name)), version('1', VERSION_1));
      assert.ok((await wire.read()).body.equals(Buffer.alloc(SIZE, '1')));
    });
  }

  it('is rejected if it is encoded and the beginning was not', async () => {
    truncatedOnce(version('1', without('content-encoding')), version('2', VERSION_1));
    await assert.rejects(wire.read({ path: '/acme-lake/encoded' }), { code: 'ECONNRESET' });
    const line = await wire.bridge.line(({ key }) => key === 'encoded');
    assert.equal(line['fault'], 'object_changed');
  });

  it('is rejected if S3 ignores If-Match and sends a different ETag', async () => {
    let requests = 0;
    wire.s3Answers((request, response) => {
      requests += 1;
      delete request.headers['if-match'];
      const object = { ...version(String(requests), VERSION_1), etag: `"e${requests}"` };
      giveObject(object, request, response, requests === 1 ? { after: SENT } : undefined);
    });
    await assert.rejects(wire.read({ path: '/acme-lake/ignored' }), { code: 'ECONNRESET' });
    const line = await wire.bridge.line(({ key }) => key === 'ignored');
    assert.equal(line['fault'], 'object_changed');
  });

  it('is used if its version and headers match those of the beginning', async () => {
    truncatedOnce(version('1', VERSION_1), version('1', VERSION_1));
    const reply = await wire.read();
    assert.ok(reply.body.equals(Buffer.alloc(SIZE, '1')));
    assert.equal((await wire.lineOf(reply))['resumed'], 1);
  });
});

describe('a download that a caller resumes with If-Range', () => {
  let wire: StoodInWire;
  before(async () => {
    wire = await startStoodInWire();
  });
  after(() => wire.close());

  for (const [what, etag] of [
    ['another ETag', '"e2"'],
    ['no ETag', undefined],
  ] as const) {
    it(`returns the whole object if S3 ignores If-Match and sends ${what}`, async () => {
      let partClosed: Promise<unknown> | undefined;
      wire.s3Answers((request, response) => {
        const isPart = request.headers.range !== undefined;
        const body = Buffer.alloc(SIZE, '2');
        const part = { 'content-range': `bytes ${SENT}-${SIZE - 1}/${SIZE}`, 'content-length': SIZE - SENT };
        response.writeHead(isPart ? 206 : 200, {
          ...(etag === undefined ? {} : { etag }),
          ...(isPart ? part : { 'content-length': SIZE }),
        });
        if (!isPart) {
          response.end(body);
          return;
        }
        // The rest is never sent, so only closing the connection ends this response.
        response.write(body.subarray(0, 100));
        partClosed = new Promise((resolve) => response.once('close', resolve));
      });
      const reply = await wire.read({ headers: { range: `bytes=${SENT}-`, 'if-range': '"e1"' } });
      assert.equal(reply.status, 200);
      assert.ok(reply.body.equals(Buffer.alloc(SIZE, '2')));
      assert.equal(wire.asked().length, 2);
      await partClosed;
    });
  }
});
