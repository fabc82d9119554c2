// Where S3 breaks off a body, the bridge asks for the rest of the same object, and the caller sees nothing of it.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { brokenOff, giveObject } from '../../support/object-at-s3.ts';
import type { Break } from '../../support/object-at-s3.ts';
import { refuse, startClockedStoodInWire } from '../../support/stand-in-wire.ts';
import type { ClockedStoodInWire } from '../../support/stand-in-wire.ts';
import { until } from '../../support/until.ts';
import { startWire } from '../../support/wire.ts';

const SIZE = 300_000;
/** No two places look alike. */
const BODY = Buffer.from(Array.from({ length: SIZE / 4 }, (_, i) => [i >> 16, i >> 8, i, 7]).flat());
const OBJECT = { body: BODY };
/** Longer than S3 may send nothing. */
const STALL_MS = 31_000;
/** Of credentials. */
const LIFE_SECONDS = 3_600;

describe('a body that S3 breaks off', () => {
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
    it(`${what} reaches the caller whole`, async () => {
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

  it('by going silent reaches the caller whole', async () => {
    wire.s3Answers(brokenOff(OBJECT, { after: 1000, silently: true }));
    const response = await wire.open();
    await wire.setClocks({ steadyAheadMs: STALL_MS });
    assert.ok(Buffer.concat(await response.toArray()).equals(BODY));
    assert.equal((await wire.lineOf(response))['resumed'], 1);
    assert.equal(await wire.repeated('stall'), 1);
  });

  it('of a range is gone on with within that range', async () => {
    wire.s3Answers(brokenOff(OBJECT, { after: 100 }));
    const reply = await wire.read({ headers: { range: 'bytes=1000-1999' } });
    assert.equal(reply.status, 206);
    assert.equal(reply.headers['content-range'], `bytes 1000-1999/${SIZE}`);
    assert.ok(reply.body.equals(BODY.subarray(1000, 2000)));
    assert.deepEqual(ranges(), ['bytes=1000-1999', 'bytes=1100-1999']);
  });

  it('of the end of an object is gone on with to the end', async () => {
    let asked = 0;
    wire.s3Answers((request, response) => {
      asked += 1;
      if (asked === 1) request.headers.range = `bytes=${SIZE - 50}-`;
      giveObject(OBJECT, request, response, asked === 1 ? { after: 20 } : undefined);
    });
    const reply = await wire.read({ headers: { range: 'bytes=-50' } });
    assert.ok(reply.body.equals(BODY.subarray(SIZE - 50)));
    assert.equal(wire.asked()[1]?.headers.range, `bytes=${SIZE - 30}-${SIZE - 1}`);
  });

  it('of a version is gone on with in that version', async () => {
    wire.s3Answers(brokenOff(OBJECT, { after: 100 }));
    const reply = await wire.read({ path: '/acme-lake/a?versionId=v1' });
    assert.ok(reply.body.equals(BODY));
    assert.deepEqual(
      wire.asked().map(({ url }) => url),
      ['/acme-lake/a?versionId=v1', '/acme-lake/a?versionId=v1'],
    );
  });

  it('of a part is gone on with as a range of the whole', async () => {
    let asked = 0;
    wire.s3Answers((request, response) => {
      asked += 1;
      if (asked === 1) request.headers.range = 'bytes=100000-199999';
      giveObject(OBJECT, request, response, asked === 1 ? { after: 5 } : undefined);
    });
    const reply = await wire.read({ path: '/acme-lake/a?partNumber=2' });
    assert.equal(reply.status, 206);
    assert.ok(reply.body.equals(BODY.subarray(100_000, 200_000)));
    const rest = wire.asked()[1];
    assert.deepEqual([rest?.url, rest?.headers.range], ['/acme-lake/a', 'bytes=100005-199999']);
  });

  it('is gone on with under no other condition than that it is the same', async () => {
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

  it('while S3 fails for a moment is gone on with after that', async () => {
    let asked = 0;
    wire.s3Answers((request, response) => {
      asked += 1;
      if (asked === 2) refuse(response, 503, 'SlowDown');
      else giveObject(OBJECT, request, response, asked === 1 ? { after: 100 } : undefined);
    });
    const reply = await wire.read();
    assert.ok(reply.body.equals(BODY));
    const line = await wire.lineOf(reply);
    assert.deepEqual([line['resumed'], line['retries']], [1, 1]);
  });
});

describe('a body that S3 breaks off is cut for the caller', () => {
  let wire: ClockedStoodInWire;
  before(async () => {
    wire = await startClockedStoodInWire();
  });
  after(() => wire.close());

  const cutAs = async (path: string, times: number, options = {}): Promise<void> => {
    await assert.rejects(wire.read({ path, ...options }), { code: 'ECONNRESET' });
    const key = path.replace(/^\/acme-lake\//, '').replace(/\?.*/, '');
    const line = await wire.bridge.line((each) => each['key'] === key);
    assert.deepEqual([line['abortedBy'], line['severity']], ['s3', 'ERROR']);
    assert.equal(wire.asked().length, times);
  };

  it('where the object has changed', async () => {
    let asked = 0;
    wire.s3Answers((request, response) => {
      asked += 1;
      giveObject({ ...OBJECT, etag: `"e${asked}"` }, request, response, { after: 100 });
    });
    await cutAs('/acme-lake/changed', 2);
  });

  it('at the fourth break', async () => {
    wire.s3Answers(brokenOff(OBJECT, ...[1, 2, 3, 4].map((after): Break => ({ after }))));
    await cutAs('/acme-lake/four', 4);
  });

  it('where it is gone', async () => {
    let asked = 0;
    wire.s3Answers((request, response) => {
      asked += 1;
      if (asked === 1) giveObject(OBJECT, request, response, { after: 100 });
      else refuse(response, 404, 'NoSuchKey');
    });
    await cutAs('/acme-lake/gone', 2);
  });

  for (const [what, headers, status] of [
    ['of the whole', { 'content-length': String(SIZE), etag: '"e1"' }, 200],
    ['of another place', { 'content-range': `bytes 99-${SIZE - 2}/${SIZE}` }, 206],
    ['of another size', { 'content-range': `bytes 100-${SIZE - 1}/${SIZE + 1}` }, 206],
    ['of a shorter part', { 'content-length': String(SIZE - 101) }, 206],
    ['of a longer part', { 'content-length': String(SIZE - 99) }, 206],
    ['of another object', { etag: '"e2"' }, 206],
    ['without an ETag', { etag: undefined }, 206],
  ] as const) {
    it(`where S3 answers with something ${what}`, async () => {
      let asked = 0;
      wire.s3Answers((request, response) => {
        asked += 1;
        if (asked === 1) {
          giveObject(OBJECT, request, response, { after: 100 });
          return;
        }
        const right = {
          etag: '"e1"',
          'content-length': String(SIZE - 100),
          'content-range': `bytes 100-${SIZE - 1}/${SIZE}`,
        };
        const given = Object.entries({ ...right, ...headers }).filter(([, value]) => value !== undefined);
        response.writeHead(status, Object.fromEntries(given)).end(BODY.subarray(100));
      });
      await cutAs(`/acme-lake/${what.replaceAll(' ', '-')}`, 2);
    });
  }

  for (const [what, headers] of [
    ['a weak ETag', { etag: 'W/"e1"' }],
    ['no ETag', { etag: undefined }],
    ['no length', { 'content-length': undefined }],
  ] as const) {
    it(`where its answer has ${what}`, async () => {
      wire.s3Answers((_request, response) => {
        const right = { etag: '"e1"', 'content-length': String(SIZE) };
        const given = Object.entries({ ...right, ...headers }).filter(([, value]) => value !== undefined);
        response.writeHead(200, Object.fromEntries(given));
        response.write(BODY.subarray(0, 100), () => response.socket?.destroySoon());
      });
      await cutAs(`/acme-lake/${what.replaceAll(' ', '-')}`, 1);
    });
  }

  it('where it is a part of which S3 does not say what part', async () => {
    wire.s3Answers(brokenOff(OBJECT, { after: 100 }));
    await cutAs('/acme-lake/part?partNumber=1', 1);
  });

  it('where it is a list', async () => {
    wire.s3Answers(brokenOff(OBJECT, { after: 100 }));
    await assert.rejects(wire.read({ path: '/acme-lake?list-type=2' }), { code: 'ECONNRESET' });
    assert.equal(wire.asked().length, 1);
  });
});

describe('a caller that leaves while the rest of a body is waited for', () => {
  it('ends the wait, and S3 is asked no more', async (test) => {
    const wire = await startClockedStoodInWire();
    test.after(() => wire.close());
    const askedFor = (key: string): number =>
      wire.asked().filter(({ url }) => url === `/acme-lake/${key}`).length;
    wire.s3Answers((request, response) => {
      if (request.url === '/acme-lake/left') {
        if (askedFor('left') === 1) giveObject(OBJECT, request, response, { after: 100 });
        else refuse(response, 503, 'SlowDown', { 'retry-after': '1' });
      } else if (askedFor('later') === 1) refuse(response, 503, 'SlowDown', { 'retry-after': '2' });
      else giveObject(OBJECT, request, response);
    });
    const response = await wire.open({ path: '/acme-lake/left' });
    response.on('error', () => undefined);
    await until('the retry is waited for', async () => (await wire.repeated('503')) > 0);
    response.destroy();
    const line = await wire.bridge.line(({ key }) => key === 'left');
    assert.deepEqual([line['abortedBy'], line['fault'], line['bytes']], ['caller', undefined, 100]);
    // A request that waits later and longer for its retry has it: for the one that left there would have been one by now.
    assert.equal((await wire.read({ path: '/acme-lake/later' })).status, 200);
    assert.deepEqual([askedFor('left'), askedFor('later')], [2, 2]);
  });
});

describe('a body longer than S3 said', () => {
  it('is what S3 said, and what is over it answers nobody', async (test) => {
    const wire = await startClockedStoodInWire();
    test.after(() => wire.close());
    const over = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged';
    wire.s3Answers((_request, response) => {
      response.socket?.write(`HTTP/1.1 200 OK\r\nContent-Length: 4\r\nETag: "e"\r\n\r\ntrue${over}`);
    });
    for (let i = 0; i < 5; i += 1) assert.equal((await wire.read()).text, 'true');
  });
});

describe('a body that S3 breaks off long after it began', () => {
  it('is gone on with by the credentials of then', async (test) => {
    const wire = await startClockedStoodInWire();
    test.after(() => wire.close());
    let breakOff = (): void => undefined;
    wire.s3Answers((request, response) => {
      const isFirst = wire.asked().length === 1;
      giveObject(OBJECT, request, response, isFirst ? { after: 100, silently: true } : undefined);
      if (isFirst) breakOff = () => response.socket?.destroySoon();
    });
    const response = await wire.open();
    await wire.passed(LIFE_SECONDS);
    breakOff();
    assert.ok(Buffer.concat(await response.toArray()).equals(BODY));
    const keys = wire.asked().map(({ headers }) => /Credential=(\w+)/.exec(headers.authorization ?? '')?.[1]);
    assert.equal(keys.length, 2);
    assert.notEqual(keys[0], keys[1]);
  });
});

describe('a body that an S3 which verifies signatures breaks off', () => {
  it('is gone on with', async (test) => {
    const wire = await startWire();
    test.after(() => wire.close());
    await wire.put('raw/big.bin', BODY);
    for (const after of [0, 1, SIZE - 1]) {
      await wire.fault({ supplier: 's3', fault: 'cut', after, times: 1, path: 'big.bin' });
      const reply = await wire.get('/acme-lake/raw/big.bin', { as: 'reader' });
      assert.ok(reply.body.equals(BODY));
    }
  });
});
