// If S3 truncates a body, the bridge requests the rest of the same object, and the caller does not notice.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { brokenOff, giveObject } from '../../support/object-at-s3.ts';
import type { Break } from '../../support/object-at-s3.ts';
import { refuse, startClockedStoodInWire } from '../../support/stand-in-wire.ts';
import type { ClockedStoodInWire } from '../../support/stand-in-wire.ts';
import { until } from '../../support/until.ts';
import { startWire } from '../../support/wire.ts';

const SIZE = 300_000;
/** Every group of four bytes is unique, so that a wrong offset is detected. */
const BODY = Buffer.from(Array.from({ length: SIZE / 4 }, (_, i) => [i >> 16, i >> 8, i, 7]).flat());
const OBJECT = { body: BODY };
/** A pause that exceeds the bridge's timeout for the next byte from S3. */
const STALL_MS = 31_000;
/** The lifetime of credentials. */
const LIFE_SECONDS = 3_600;

describe('a download that S3 truncates', () => {
  let wire: ClockedStoodInWire;
  before(async () => {
    wire = await startClockedStoodInWire();
  });
  after(() => wire.close());

  const ranges = (): (string | undefined)[] => wire.asked().map(({ headers }) => headers.range);

  for (const [what, ...after] of [
    ['before its first byte', 0],
    ['after its first byte', 1],
    ['in the middle', SIZE / 2],
    ['before its last byte', SIZE - 1],
    ['three times', 10, 20, 30],
  ] as const) {
    it(`${what} still reaches the caller in full`, async () => {
      wire.s3Answers(brokenOff(OBJECT, ...after.map((each): Break => ({ after: each }))));
      const counted = await wire.repeated('truncated');
      const reply = await wire.read();
      assert.equal(reply.status, 200);
      assert.ok(reply.body.equals(BODY));
      assert.deepEqual(reply.headers['content-range'], undefined);
      assert.equal(reply.headers['content-length'], String(SIZE));
      let received = 0;
      assert.deepEqual(ranges(), [
        undefined,
        ...after.map((each) => `bytes=${(received += each)}-${SIZE - 1}`),
      ]);
      for (const { headers } of wire.asked().slice(1)) assert.equal(headers['if-match'], '"e1"');
      const line = await wire.lineOf(reply);
      assert.deepEqual(
        [line['resumed'], line['complete'], line['severity']],
        [after.length, undefined, 'INFO'],
      );
      assert.equal(await wire.repeated('truncated'), counted + after.length);
    });
  }

  it('still reaches the caller in full if S3 stalls instead of disconnecting', async () => {
    wire.s3Answers(brokenOff(OBJECT, { after: 1000, silently: true }));
    const response = await wire.open();
    await wire.setClocks({ steadyAheadMs: STALL_MS });
    assert.ok(Buffer.concat(await response.toArray()).equals(BODY));
    assert.equal((await wire.lineOf(response))['resumed'], 1);
    assert.equal(await wire.repeated('stall'), 1);
  });

  it('is resumed within its range if a range was requested', async () => {
    wire.s3Answers(brokenOff(OBJECT, { after: 100 }));
    const reply = await wire.read({ headers: { range: 'bytes=1000-1999' } });
    assert.equal(reply.status, 206);
    assert.equal(reply.headers['content-range'], `bytes 1000-1999/${SIZE}`);
    assert.ok(reply.body.equals(BODY.subarray(1000, 2000)));
    assert.deepEqual(ranges(), ['bytes=1000-1999', 'bytes=1100-1999']);
  });

  it('is resumed to the end of the object if a suffix range was requested', async () => {
    let requests = 0;
    wire.s3Answers((request, response) => {
      requests += 1;
      if (requests === 1) request.headers.range = `bytes=${SIZE - 50}-`;
      giveObject(OBJECT, request, response, requests === 1 ? { after: 20 } : undefined);
    });
    const reply = await wire.read({ headers: { range: 'bytes=-50' } });
    assert.ok(reply.body.equals(BODY.subarray(SIZE - 50)));
    assert.equal(wire.asked()[1]?.headers.range, `bytes=${SIZE - 30}-${SIZE - 1}`);
  });

  it('is resumed from the same version if a version was requested', async () => {
    wire.s3Answers(brokenOff(OBJECT, { after: 100 }));
    const reply = await wire.read({ path: '/acme-lake/a?versionId=v1' });
    assert.ok(reply.body.equals(BODY));
    assert.deepEqual(
      wire.asked().map(({ url }) => url),
      ['/acme-lake/a?versionId=v1', '/acme-lake/a?versionId=v1'],
    );
  });

  it('is resumed with a byte range if a part was requested by its number', async () => {
    let requests = 0;
    wire.s3Answers((request, response) => {
      requests += 1;
      if (requests === 1) request.headers.range = 'bytes=100000-199999';
      giveObject(OBJECT, request, response, requests === 1 ? { after: 5 } : undefined);
    });
    const reply = await wire.read({ path: '/acme-lake/a?partNumber=2' });
    assert.equal(reply.status, 206);
    assert.ok(reply.body.equals(BODY.subarray(100_000, 200_000)));
    const rest = wire.asked()[1];
    assert.deepEqual([rest?.url, rest?.headers.range], ['/acme-lake/a', 'bytes=100005-199999']);
  });

  it("is resumed with If-Match only, not with the caller's other conditions", async () => {
    wire.s3Answers(brokenOff(OBJECT, { after: 100 }));
    const headers = {
      'if-match': '"e1"',
      'if-none-match': '"other"',
      'if-modified-since': 'Sat, 01 Jan 2000 00:00:00 GMT',
      'x-amz-server-side-encryption-customer-algorithm': 'AES256',
    };
    assert.ok((await wire.read({ headers })).body.equals(BODY));
    const rest = wire.asked()[1]?.headers;
    assert.equal(rest?.['if-match'], '"e1"');
    assert.deepEqual([rest['if-none-match'], rest['if-modified-since']], [undefined, undefined]);
    assert.equal(rest['x-amz-server-side-encryption-customer-algorithm'], 'AES256');
  });

  it('is resumed with a retry if S3 fails briefly', async () => {
    let requests = 0;
    wire.s3Answers((request, response) => {
      requests += 1;
      if (requests === 2) refuse(response, 503, 'SlowDown');
      else giveObject(OBJECT, request, response, requests === 1 ? { after: 100 } : undefined);
    });
    const reply = await wire.read();
    assert.ok(reply.body.equals(BODY));
    const line = await wire.lineOf(reply);
    assert.deepEqual([line['resumed'], line['retries']], [1, 1]);
  });
});

describe('a response truncated by S3', () => {
  let wire: ClockedStoodInWire;
  // Each test starts its own bridge, because all tests together exceed one bridge's retry budget.
  beforeEach(async () => {
    wire = await startClockedStoodInWire();
  });
  afterEach(() => wire.close());

  const assertClosedEarly = async (path: string, times: number, options = {}): Promise<void> => {
    await assert.rejects(wire.read({ path, ...options }), { code: 'ECONNRESET' });
    const key = path.replace(/^\/acme-lake\//, '').replace(/\?.*/, '');
    const line = await wire.bridge.line((each) => each['key'] === key);
    assert.deepEqual([line['abortedBy'], line['severity']], ['s3', 'ERROR']);
    assert.equal(wire.asked().length, times);
  };

  it('is closed early if the object has changed', async () => {
    let requests = 0;
    wire.s3Answers((request, response) => {
      requests += 1;
      giveObject({ ...OBJECT, etag: `"e${requests}"` }, request, response, { after: 100 });
    });
    await assertClosedEarly('/acme-lake/changed', 2);
  });

  it('is closed early if S3 truncates it a fourth time', async () => {
    wire.s3Answers(brokenOff(OBJECT, ...[1, 2, 3, 4].map((after): Break => ({ after }))));
    await assertClosedEarly('/acme-lake/four', 4);
  });

  it('is closed early if the object has been deleted', async () => {
    let requests = 0;
    wire.s3Answers((request, response) => {
      requests += 1;
      if (requests === 1) giveObject(OBJECT, request, response, { after: 100 });
      else refuse(response, 404, 'NoSuchKey');
    });
    await assertClosedEarly('/acme-lake/gone', 2);
  });

  for (const [what, headers, status] of [
    ['the whole object', { 'content-length': String(SIZE), etag: '"e1"' }, 200],
    ['another range', { 'content-range': `bytes 99-${SIZE - 2}/${SIZE}` }, 206],
    ['another total size', { 'content-range': `bytes 100-${SIZE - 1}/${SIZE + 1}` }, 206],
    ['a shorter range', { 'content-length': String(SIZE - 101) }, 206],
    ['a longer range', { 'content-length': String(SIZE - 99) }, 206],
    ['another object', { etag: '"e2"' }, 206],
    ['a range without an ETag', { etag: undefined }, 206],
  ] as const) {
    it(`is closed early if S3 sends ${what} instead of the rest`, async () => {
      let requests = 0;
      wire.s3Answers((request, response) => {
        requests += 1;
        if (requests === 1) {
          giveObject(OBJECT, request, response, { after: 100 });
          return;
        }
        const expected = {
          etag: '"e1"',
          'content-length': String(SIZE - 100),
          'content-range': `bytes 100-${SIZE - 1}/${SIZE}`,
        };
        const given = Object.entries({ ...expected, ...headers }).filter(([, value]) => value !== undefined);
        response.writeHead(status, Object.fromEntries(given)).end(BODY.subarray(100));
      });
      await assertClosedEarly(`/acme-lake/${what.replaceAll(' ', '-')}`, 2);
    });
  }

  for (const [what, headers] of [
    ['a weak ETag', { etag: 'W/"e1"' }],
    ['no ETag', { etag: undefined }],
    ['no length', { 'content-length': undefined }],
  ] as const) {
    it(`is closed early if the first response has ${what}`, async () => {
      wire.s3Answers((_request, response) => {
        const expected = { etag: '"e1"', 'content-length': String(SIZE) };
        const given = Object.entries({ ...expected, ...headers }).filter(([, value]) => value !== undefined);
        response.writeHead(200, Object.fromEntries(given));
        response.write(BODY.subarray(0, 100), () => response.socket?.destroySoon());
      });
      await assertClosedEarly(`/acme-lake/${what.replaceAll(' ', '-')}`, 1);
    });
  }

  it('is closed early if it is a part whose range S3 does not report', async () => {
    wire.s3Answers(brokenOff(OBJECT, { after: 100 }));
    await assertClosedEarly('/acme-lake/part?partNumber=1', 1);
  });

  it('is closed early if it is a listing', async () => {
    wire.s3Answers(brokenOff(OBJECT, { after: 100 }));
    await assert.rejects(wire.read({ path: '/acme-lake?list-type=2' }), { code: 'ECONNRESET' });
    assert.equal(wire.asked().length, 1);
  });
});

describe('a caller that disconnects while the bridge waits to resume', () => {
  it('ends the wait, and the bridge does not send S3 any more requests', async (test) => {
    const wire = await startClockedStoodInWire();
    test.after(() => wire.close());
    const requestsFor = (key: string): number =>
      wire.asked().filter(({ url }) => url === `/acme-lake/${key}`).length;
    wire.s3Answers((request, response) => {
      if (request.url === '/acme-lake/left') {
        if (requestsFor('left') === 1) giveObject(OBJECT, request, response, { after: 100 });
        else refuse(response, 503, 'SlowDown', { 'retry-after': '1' });
      } else if (requestsFor('later') === 1) refuse(response, 503, 'SlowDown', { 'retry-after': '2' });
      else giveObject(OBJECT, request, response);
    });
    const response = await wire.open({ path: '/acme-lake/left' });
    response.on('error', () => undefined);
    await until('the bridge waits for the retry', async () => (await wire.repeated('503')) > 0);
    response.destroy();
    const line = await wire.bridge.line(({ key }) => key === 'left');
    assert.deepEqual([line['abortedBy'], line['fault'], line['bytesSent']], ['caller', undefined, 100]);
    // If the bridge retried for the disconnected caller, S3 would receive that retry before the retry of this request, which is
    // due later.
    assert.equal((await wire.read({ path: '/acme-lake/later' })).status, 200);
    assert.deepEqual([requestsFor('left'), requestsFor('later')], [2, 2]);
  });
});

describe('a body longer than its Content-Length', () => {
  it('ends at its Content-Length, and no caller gets the extra bytes as a response', async (test) => {
    const wire = await startClockedStoodInWire();
    test.after(() => wire.close());
    const extra = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged';
    wire.s3Answers((_request, response) => {
      response.socket?.write(`HTTP/1.1 200 OK\r\nContent-Length: 4\r\nETag: "e"\r\n\r\ntrue${extra}`);
    });
    for (let i = 0; i < 5; i += 1) assert.equal((await wire.read()).text, 'true');
  });
});

describe('a body that S3 truncates long after its start', () => {
  it('is resumed with the current credentials', async (test) => {
    const wire = await startClockedStoodInWire();
    test.after(() => wire.close());
    let truncate = (): void => undefined;
    wire.s3Answers((request, response) => {
      const isFirst = wire.asked().length === 1;
      giveObject(OBJECT, request, response, isFirst ? { after: 100, silently: true } : undefined);
      if (isFirst) truncate = () => response.socket?.destroySoon();
    });
    const response = await wire.open();
    await wire.passed(LIFE_SECONDS);
    truncate();
    assert.ok(Buffer.concat(await response.toArray()).equals(BODY));
    const keys = wire.asked().map(({ headers }) => /Credential=(\w+)/.exec(headers.authorization ?? '')?.[1]);
    assert.equal(keys.length, 2);
    assert.notEqual(keys[0], keys[1]);
  });
});

describe('a body truncated by an S3 server that verifies signatures', () => {
  it('is resumed', async (test) => {
    const wire = await startWire();
    test.after(() => wire.close());
    await wire.put('raw/big.bin', BODY);
    for (const after of [0, 1, SIZE - 1]) {
      await wire.fault({ upstream: 's3', fault: 'cut', after, times: 1, path: 'big.bin' });
      const reply = await wire.get('/acme-lake/raw/big.bin', { as: 'reader' });
      assert.ok(reply.body.equals(BODY));
    }
  });
});
