// The bridge reads a large object over several connections: it requests parts ahead of time, and sends them in order. This is a
// slow test, because the objects are large.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { after, afterEach, before, describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import { giveObject } from '../../support/object-at-s3.ts';
import type { AtS3 } from '../../support/object-at-s3.ts';
import type { Respond } from '../../support/stand-in.ts';
import { refuse, startStoodInWire } from '../../support/stand-in-wire.ts';
import type { StoodInWire } from '../../support/stand-in-wire.ts';
import { until } from '../../support/until.ts';

const MIB = 1024 * 1024;
const PART = 8 * MIB;

/** Returns a body in which every group of four bytes is unique. */
function bodyOf(bytes: number): Buffer {
  const numbers = new Uint32Array(bytes / 4);
  for (let i = 0; i < numbers.length; i += 1) numbers[i] = i * 2_654_435_761;
  return Buffer.from(numbers.buffer);
}

const BODY = bodyOf(40 * MIB);
const OBJECT: AtS3 = {
  body: BODY,
  headers: { 'last-modified': 'Sat, 01 Jan 2000 00:00:00 GMT', 'x-amz-version-id': 'v1' },
};

const rangeOf = ({ headers }: IncomingMessage): string | undefined => headers.range;
const isPart = (request: IncomingMessage): boolean => request.headers['if-match'] !== undefined;

/** Sends bytes as fast as the bridge accepts them, but waits after `after` bytes until `promise` resolves. */
async function sendHalting(
  response: ServerResponse,
  body: Buffer,
  { after, promise }: { readonly after: number; readonly promise: Promise<unknown> },
): Promise<void> {
  const step = 64 * 1024;
  const closed = once(response, 'close');
  for (let at = 0; at < body.length && !response.destroyed; at += step) {
    if (at >= after) await promise;
    if (!response.write(body.subarray(at, at + step))) await Promise.race([once(response, 'drain'), closed]);
    // Lets the bridge read each piece before the next one arrives.
    await new Promise(setImmediate);
  }
  response.end();
}

/**
 * An S3 with one object. Its first response halts after 7.5 MiB, until S3 has begun to respond to this number of parts.
 * @param options.part responds to a part, and returns whether it did
 */
function haltingS3(
  object: AtS3,
  options: { readonly parts: number; readonly part?: (...args: Parameters<Respond>) => boolean },
): Respond {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let parts = 0;
  return async (request, response) => {
    if (isPart(request)) {
      parts += 1;
      if (options.part?.(request, response) !== true) giveObject(object, request, response);
      if (parts >= options.parts) setTimeout(resolve, 20);
      return;
    }
    const { body, etag = '"e1"', headers = {} } = object;
    response.writeHead(200, { etag, 'content-length': body.length, ...headers });
    await sendHalting(response, body, { after: 7.5 * MIB, promise });
  };
}

describe('a GET of a large object', () => {
  let wire: StoodInWire;
  before(async () => {
    wire = await startStoodInWire({ more: 'readAhead: { connections: 4 }' });
  });
  after(() => wire.close());
  afterEach(async () => {
    await until(
      'all parts have returned their memory',
      async () => (await wire.metric('fedbridge_read_ahead_memory_bytes')) === 0,
    );
  });

  it('uses several connections to S3, and the bytes arrive in order', async () => {
    wire.s3Answers(haltingS3(OBJECT, { parts: 3 }));
    const before = await wire.metric('fedbridge_read_ahead_parts_total');
    const reply = await wire.read({ headers: { 'x-amz-checksum-mode': 'ENABLED' } });
    assert.equal(reply.status, 200);
    assert.equal(reply.headers['content-length'], String(BODY.length));
    assert.ok(reply.body.equals(BODY));
    const [first, ...parts] = wire.asked();
    assert.ok(first !== undefined);
    assert.deepEqual([rangeOf(first), first.headers['if-match']], [undefined, undefined]);
    assert.equal(first.headers['x-amz-checksum-mode'], 'ENABLED');
    const ranges = [1, 2, 3, 4].map((part) => `bytes=${part * PART}-${(part + 1) * PART - 1}`);
    assert.deepEqual(parts.map(rangeOf), ranges);
    for (const part of parts) assert.equal(part.headers['if-match'], '"e1"');
    const line = await wire.lineOf(reply);
    assert.equal(line['parts'], 4);
    // The field also counts the bytes of parts.
    assert.ok(Number(line['bytesFromS3']) >= BODY.length);
    assert.equal((await wire.metric('fedbridge_read_ahead_parts_total')) - before, 4);
  });

  it('closes the first response from S3 once the parts can continue from there', async () => {
    let firstEnded: Promise<unknown> | undefined;
    let wasComplete: boolean | undefined;
    const s3 = haltingS3(OBJECT, { parts: 3 });
    wire.s3Answers((request, response) => {
      if (!isPart(request))
        firstEnded = once(response, 'close').then(() => (wasComplete = response.writableFinished));
      return s3(request, response);
    });
    assert.ok((await wire.read()).body.equals(BODY));
    await firstEnded;
    assert.equal(wasComplete, false);
  });

  it('reads ahead within the requested range', async () => {
    const whole = bodyOf(64 * MIB);
    const [from, to] = [1000, 50 * MIB];
    wire.s3Answers(async (request, response) => {
      if (isPart(request)) {
        giveObject({ body: whole }, request, response);
        return;
      }
      const part = whole.subarray(from, to + 1);
      const headers = {
        etag: '"e1"',
        'content-length': part.length,
        'content-range': `bytes ${from}-${to}/${whole.length}`,
      };
      response.writeHead(206, headers);
      await sendHalting(response, part, {
        after: 7.5 * MIB,
        promise: until('the parts are requested', () => wire.asked().length >= 4),
      });
    });
    const reply = await wire.read({ headers: { range: `bytes=${from}-${to}` } });
    assert.equal(reply.status, 206);
    assert.ok(reply.body.equals(whole.subarray(from, to + 1)));
    assert.equal(rangeOf(wire.asked()[1] ?? assert.fail()), `bytes=${from + PART}-${from + 2 * PART - 1}`);
  });

  it('requests each part of the requested version', async () => {
    wire.s3Answers(haltingS3(OBJECT, { parts: 3 }));
    const reply = await wire.read({ path: '/acme-lake/a?versionId=v1' });
    assert.ok(reply.body.equals(BODY));
    assert.ok(wire.asked().length > 2);
    for (const { url } of wire.asked()) assert.equal(url, '/acme-lake/a?versionId=v1');
  });

  it('falls back to a single connection if S3 fails to send a part', async () => {
    const object = { body: BODY };
    wire.s3Answers(
      haltingS3(object, {
        parts: 2,
        part: ({ headers }, response) => {
          if (headers.range !== `bytes=${2 * PART}-${3 * PART - 1}`) return false;
          refuse(response, 403, 'AccessDenied');
          return true;
        },
      }),
    );
    const failed = 'fedbridge_read_ahead_fallbacks_total{reason="failed"}';
    const before = await wire.metric(failed);
    const reply = await wire.read();
    assert.ok(reply.body.equals(BODY));
    assert.equal((await wire.metric(failed)) - before, 1);
    assert.equal((await wire.lineOf(reply))['severity'], 'INFO');
  });

  it('retries a part that fails, and resumes a part that is truncated', async () => {
    const tries = new Map<string, number>();
    wire.s3Answers(
      haltingS3(OBJECT, {
        parts: 4,
        part: (request, response) => {
          const range = rangeOf(request) ?? '';
          const nth = (tries.get(range) ?? 0) + 1;
          tries.set(range, nth);
          if (nth > 1) return false;
          if (range.startsWith(`bytes=${PART}-`)) refuse(response, 503, 'SlowDown');
          else if (range.startsWith(`bytes=${2 * PART}-`))
            giveObject(OBJECT, request, response, { after: MIB });
          else return false;
          return true;
        },
      }),
    );
    const reply = await wire.read();
    assert.ok(reply.body.equals(BODY));
    const line = await wire.lineOf(reply);
    assert.deepEqual([line['retries'], line['resumed']], [1, 1]);
  });

  const changes: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>> = {
    'no longer matches the ETag': (_request, response) => {
      refuse(response, 412, 'PreconditionFailed');
    },
    'belongs to another version': (request, response) => {
      const headers = { ...OBJECT.headers, 'x-amz-version-id': 'v2' };
      giveObject({ ...OBJECT, headers }, request, response);
    },
    'was modified later': (request, response) => {
      const headers = { ...OBJECT.headers, 'last-modified': 'Sun, 02 Jan 2000 00:00:00 GMT' };
      giveObject({ ...OBJECT, headers }, request, response);
    },
    'has another encoding': (request, response) => {
      giveObject(
        { ...OBJECT, headers: { ...OBJECT.headers, 'content-encoding': 'gzip' } },
        request,
        response,
      );
    },
  };
  for (const [what, part] of Object.entries(changes)) {
    it(`ends with a truncated response and the fault object_changed if a part ${what}`, async () => {
      wire.s3Answers(
        haltingS3(OBJECT, {
          parts: 1,
          part: (request, response) => {
            part(request, response);
            return true;
          },
        }),
      );
      const response = await wire.open();
      await assert.rejects(response.toArray());
      const line = await wire.lineOf(response);
      assert.deepEqual([line['fault'], line['complete']], ['object_changed', false]);
    });
  }

  it('aborts the requests for all parts when the caller disconnects', async () => {
    const closed: Promise<unknown>[] = [];
    wire.s3Answers(async (request, response) => {
      closed.push(once(response, 'close'));
      const [, from = '0', to = String(BODY.length - 1)] =
        /^bytes=(\d+)-(\d+)$/.exec(rangeOf(request) ?? '') ?? [];
      const part = BODY.subarray(Number(from), Number(to) + 1);
      response.writeHead(isPart(request) ? 206 : 200, {
        etag: '"e1"',
        'content-length': part.length,
        ...(isPart(request) ? { 'content-range': `bytes ${from}-${to}/${BODY.length}` } : {}),
      });
      await sendHalting(response, part, { after: 7.5 * MIB, promise: new Promise(() => undefined) });
    });
    const response = await wire.open();
    response.resume();
    await until('the parts are requested', () => wire.asked().length === 4);
    assert.ok((await wire.metric('fedbridge_read_ahead_memory_bytes')) > 0);
    response.destroy();
    await Promise.all(closed);
    assert.equal(closed.length, 4);
  });

  for (const [what, options, status] of [
    [
      'with a customer key (SSE-C)',
      { headers: { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' } },
      200,
    ],
    ['of a part by its number', { path: '/acme-lake/a?partNumber=1' }, 206],
  ] as const) {
    it(`${what} is not read ahead`, async () => {
      wire.s3Answers((request, response) => {
        if (status === 206) request.headers.range = `bytes=0-${BODY.length - 1}`;
        giveObject(OBJECT, request, response);
      });
      const reply = await wire.read(options);
      assert.equal(reply.status, status);
      assert.ok(reply.body.equals(BODY));
      assert.equal(wire.asked().length, 1);
    });
  }

  it('does not read ahead if S3 ignores the requested range', async () => {
    wire.s3Answers((request, response) => {
      request.headers = {};
      giveObject(OBJECT, request, response);
    });
    const reply = await wire.read({ headers: { range: `bytes=0-${30 * MIB}` } });
    assert.equal(reply.status, 200);
    assert.ok(reply.body.equals(BODY));
    assert.equal(wire.asked().length, 1);
  });

  it('does not read ahead if the response is shorter than 16 MiB', async () => {
    const object = { body: BODY.subarray(0, 16 * MIB - 1) };
    wire.s3Answers((request, response) => {
      giveObject(object, request, response);
    });
    const reply = await wire.read();
    assert.ok(reply.body.equals(object.body));
    assert.equal(wire.asked().length, 1);
    assert.equal((await wire.lineOf(reply))['parts'], undefined);
  });

  // This must be the last test, because the bridge remembers that this S3 ignores ranges.
  it("falls back to a single connection if S3 ignores a part's range, and later reads do not request parts", async () => {
    const s3 = (): Respond =>
      haltingS3(OBJECT, {
        parts: 1,
        part: (request, response) => {
          request.headers = {};
          giveObject(OBJECT, request, response);
          return true;
        },
      });
    wire.s3Answers(s3());
    assert.ok((await wire.read()).body.equals(BODY));
    const ignored = 'fedbridge_read_ahead_fallbacks_total{reason="ranges_ignored"}';
    assert.equal(await wire.metric(ignored), 1);
    wire.s3Answers((request, response) => {
      giveObject(OBJECT, request, response);
    });
    assert.ok((await wire.read()).body.equals(BODY));
    assert.equal(wire.asked().length, 1);
  });
});

describe('read-ahead', () => {
  it('frees its memory if the caller stops reading, and the rest of the object still arrives', async () => {
    const wire = await startStoodInWire();
    try {
      const body = bodyOf(80 * MIB);
      wire.s3Answers(haltingS3({ body }, { parts: 3 }));
      const memory = (): Promise<number> => wire.metric('fedbridge_read_ahead_memory_bytes');
      const slow = 'fedbridge_read_ahead_fallbacks_total{reason="slow"}';
      const response = await wire.open();
      const received: Buffer[] = [];
      response.on('data', (chunk: Buffer) => {
        received.push(chunk);
        // Parts have been requested by now.
        if (received.reduce((sum, { length }) => sum + length, 0) > 7 * MIB) response.pause();
      });
      await until('the caller is treated as slow', async () => (await wire.metric(slow)) === 1);
      // Data that the caller's connection has not accepted yet keeps its block of memory.
      assert.ok((await memory()) <= MIB / 4);
      response.removeAllListeners('data');
      received.push(...((await response.toArray()) as Buffer[]));
      assert.ok(Buffer.concat(received).equals(body));
      assert.ok((await wire.metric('fedbridge_read_ahead_discarded_bytes_total')) > 0);
    } finally {
      await wire.close();
    }
  });

  it('is turned off if readAhead.connections is 1', async () => {
    const wire = await startStoodInWire({ more: 'readAhead: { connections: 1 }' });
    try {
      wire.s3Answers((request, response) => {
        giveObject(OBJECT, request, response);
      });
      assert.ok((await wire.read()).body.equals(BODY));
      assert.equal(wire.asked().length, 1);
    } finally {
      await wire.close();
    }
  });

  it('does not make a read fail when its memory limit is reached', async () => {
    const wire = await startStoodInWire({ more: 'readAhead: { connections: 8, memory: 8MiB }' });
    try {
      wire.s3Answers((request, response) => {
        giveObject(OBJECT, request, response);
      });
      const replies = await Promise.all([wire.read(), wire.read(), wire.read()]);
      for (const { body } of replies) assert.ok(body.equals(BODY));
    } finally {
      await wire.close();
    }
  });

  for (const [what, isRight] of [
    ['sends the last bytes if the checksum of the joined parts is right', true],
    ['closes the response early if the checksum of the joined parts is wrong', false],
  ] as const) {
    it(`with verifyChecksums ${what}`, async () => {
      const wire = await startStoodInWire({ bucket: ', verifyChecksums: true' });
      try {
        const sum = Buffer.alloc(4);
        sum.writeUInt32BE((crc32(BODY) + (isRight ? 0 : 1)) % 2 ** 32);
        const object = { ...OBJECT, headers: { 'x-amz-checksum-crc32': sum.toString('base64') } };
        wire.s3Answers(haltingS3(object, { parts: 3 }));
        const response = await wire.open();
        if (isRight) assert.ok(Buffer.concat(await response.toArray()).equals(BODY));
        else await assert.rejects(response.toArray());
        const line = await wire.lineOf(response);
        assert.equal(line['fault'], isRight ? undefined : 'checksum_mismatch');
        assert.ok(Number(line['parts']) > 1);
      } finally {
        await wire.close();
      }
    });
  }
});
