// If S3 fails before it responds, the bridge retries until a deadline. The caller sees only the final response.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { startClockedWire } from '../../support/faked-clock.ts';
import { READABLE } from '../../support/sessions-at-sts.ts';
import type { Respond } from '../../support/stand-in.ts';
import { refuse, startClockedStoodInWire } from '../../support/stand-in-wire.ts';
import type { ClockedStoodInWire } from '../../support/stand-in-wire.ts';
import { until } from '../../support/until.ts';

/** The time after the first attempt within which every retry must start. */
const DEADLINE_MS = 5_000;
/** If S3 sends nothing for longer than this, the bridge gives up on the request. */
const STALL_MS = 30_000;

/** @returns a handler that fails the given number of times and then sends `here` */
function failing(times: number, fail: Respond): Respond {
  let requests = 0;
  return (request, response) => {
    requests += 1;
    if (requests <= times) return fail(request, response);
    response.writeHead(200, { 'content-length': 4 }).end('here');
  };
}

const reset: Respond = (request) => {
  request.socket.resetAndDestroy();
};

describe('a request to S3', () => {
  let wire: ClockedStoodInWire;
  let minutes = 0;
  before(async () => {
    wire = await startClockedStoodInWire();
  });
  // Refills the retry budget, and prevents the retry deadline from passing.
  beforeEach(async () => {
    minutes += 1;
    await wire.setClocks({ steadyStands: true, steadyAheadMs: minutes * 60_000 });
  });
  after(() => wire.close());

  for (const [status, code, times] of [
    [503, 'SlowDown', 3],
    [500, 'InternalError', 1],
    [502, 'BadGateway', 1],
    [504, 'GatewayTimeout', 1],
  ] as const) {
    it(`that fails with ${code} is retried`, async () => {
      wire.s3Answers(
        failing(times, (_, response) => {
          refuse(response, status, code);
        }),
      );
      const counted = await wire.repeated(String(status));
      const reply = await wire.read();
      assert.deepEqual([reply.status, reply.text], [200, 'here']);
      assert.equal(wire.asked().length, times + 1);
      assert.equal((await wire.lineOf(reply))['retries'], times);
      assert.equal(await wire.repeated(String(status)), counted + times);
    });
  }

  it('is retried after a failure if its method is HEAD', async () => {
    wire.s3Answers(failing(2, (_, response) => void response.writeHead(500).end()));
    const reply = await wire.read({ method: 'HEAD' });
    assert.deepEqual([reply.status, reply.headers['content-length']], [200, '4']);
    assert.equal(wire.asked().length, 3);
  });

  it('is retried after a failure if it is for a listing', async () => {
    wire.s3Answers(
      failing(1, (_, response) => {
        refuse(response, 500, 'InternalError');
      }),
    );
    assert.equal((await wire.read({ path: '/acme-lake?list-type=2' })).text, 'here');
  });

  it('whose connection is reset is retried', async () => {
    // One reset may look like a stale connection, which does not count as a retry.
    wire.s3Answers(failing(3, reset));
    const reply = await wire.read();
    assert.deepEqual([reply.status, reply.text], [200, 'here']);
    const retries = Number((await wire.lineOf(reply))['retries']);
    assert.ok(retries >= 1 && retries <= 3, `${retries} retries`);
    assert.equal(await wire.repeated('unreachable'), retries);
  });

  it('on a stale connection is sent again, which does not count as a retry', async () => {
    wire.s3Answers(failing(1, reset));
    const reply = await wire.read();
    assert.equal(reply.status, 200);
    assert.equal((await wire.lineOf(reply))['retries'], undefined);
  });

  it('that succeeds is sent only once', async () => {
    wire.s3Answers(failing(0, reset));
    const reply = await wire.read();
    const line = await wire.lineOf(reply);
    assert.deepEqual([wire.asked().length, line['retries'], line['resumed']], [1, undefined, undefined]);
  });

  for (const [status, code] of [
    [404, 'NoSuchKey'],
    [412, 'PreconditionFailed'],
    [501, 'NotImplemented'],
  ] as const) {
    it(`that fails with ${code} is sent only once`, async () => {
      wire.s3Answers((_, response) => {
        refuse(response, status, code);
      });
      assert.equal((await wire.read()).code, code);
      assert.equal(wire.asked().length, 1);
    });
  }

  it('is retried only after the time in Retry-After', async () => {
    const times: number[] = [];
    wire.s3Answers((_, response) => {
      times.push(performance.now());
      if (times.length === 1) refuse(response, 503, 'SlowDown', { 'retry-after': '1' });
      else response.writeHead(200, { 'content-length': 4 }).end('here');
    });
    assert.equal((await wire.read()).text, 'here');
    const [first = 0, second = 0] = times;
    assert.ok(second - first >= 999, `${second - first} ms`);
  });

  for (const [what, pause] of [
    ['seconds', () => '60'],
    ['date', () => new Date(Date.now() + 60_000).toUTCString()],
  ] as const) {
    it(`is not retried if Retry-After (${what}) is too long`, async () => {
      wire.s3Answers((_, response) => {
        refuse(response, 503, 'SlowDown', { 'retry-after': pause() });
      });
      const reply = await wire.read();
      assert.deepEqual([reply.status, reply.code], [503, 'SlowDown']);
      assert.ok(reply.headers['retry-after'] !== undefined && reply.headers['retry-after'] !== '1');
      assert.equal(wire.asked().length, 1);
    });
  }

  it('is not retried if the caller has disconnected', async () => {
    const requestsFor = (key: string): number =>
      wire.asked().filter(({ url }) => url === `/acme-lake/${key}`).length;
    wire.s3Answers((request, response) => {
      if (request.url === '/acme-lake/left') refuse(response, 503, 'SlowDown', { 'retry-after': '1' });
      else if (requestsFor('later') === 1) refuse(response, 503, 'SlowDown', { 'retry-after': '2' });
      else response.end('here');
    });
    // Makes the pause before the retry long enough for the caller to disconnect during it.
    await wire.setClocks({ steadyStands: true, steadyAheadMs: minutes * 60_000, timerFactor: 10 });
    const counted = await wire.repeated('503');
    const { hostname, port } = new URL(wire.bridge.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `GET /acme-lake/left HTTP/1.1\r\nHost: b\r\nAuthorization: Bearer ${await wire.token('reader')}\r\n\r\n`,
    );
    await until('S3 has received the request', () => wire.asked().length === 1);
    await until('the bridge waits for the retry', async () => (await wire.repeated('503')) > counted);
    socket.destroy();
    const line = await wire.bridge.line(({ key }) => key === 'left');
    assert.deepEqual([line['abortedBy'], line['fault']], ['caller', undefined]);
    // If the bridge retried for the disconnected caller, S3 would receive that retry before the retry of this request, which is
    // due later.
    await wire.setClocks({ steadyStands: true, steadyAheadMs: minutes * 60_000, timerFactor: 6 });
    assert.equal((await wire.read({ path: '/acme-lake/later' })).status, 200);
    assert.deepEqual([requestsFor('left'), requestsFor('later')], [1, 2]);
  });
});

describe('a request to an S3 server that keeps failing', () => {
  let wire: ClockedStoodInWire;
  before(async () => {
    wire = await startClockedStoodInWire();
    await wire.setClocks({ steadyStands: true });
  });
  after(() => wire.close());

  it("returns S3's last error response once the deadline has passed", async () => {
    let times = 0;
    wire.s3Answers(async (_, response) => {
      times += 1;
      if (times === 3) await wire.setClocks({ steadyStands: true, steadyAheadMs: DEADLINE_MS });
      refuse(response, 503, 'SlowDown', { 'x-amz-request-id': `ID${times}` });
    });
    const reply = await wire.read();
    assert.deepEqual([reply.status, reply.code], [503, 'SlowDown']);
    assert.equal(times, 3);
    assert.equal(reply.headers['x-amz-request-id'], 'ID3', 'from the last response');
    const line = await wire.lineOf(reply);
    assert.equal(line['retries'], 2);
  });

  it('is not retried if S3 does not respond at all, because waiting has used up the time for retries', async () => {
    wire.s3Answers(() => undefined);
    const reading = wire.read();
    await until('S3 has received the request', () => wire.asked().length === 1);
    await wire.setClocks({ steadyStands: true, steadyAheadMs: DEADLINE_MS + STALL_MS });
    const reply = await reading;
    assert.equal(reply.status, 503);
    assert.equal((await wire.lineOf(reply))['fault'], 's3_timeout');
    assert.equal(wire.asked().length, 1);
  });
});

describe('a request to an S3 server that refuses connections', () => {
  it('succeeds on a retry once S3 accepts connections again', async (test) => {
    const wire = await startClockedWire();
    test.after(() => wire.close());
    assert.equal((await wire.get(READABLE, { as: 'reader' })).status, 200);
    await wire.fault({ upstream: 's3', fault: 'refuse' });
    // Makes pauses before retries longer, and prevents the retry deadline from passing.
    await wire.setClocks({ steadyStands: true, timerFactor: 10 });
    const reading = wire.get(READABLE, { as: 'reader' });
    await until(
      'the bridge waits for a retry',
      async () => (await wire.metric('fedbridge_s3_retries_total{reason="unreachable"}')) > 0,
    );
    await wire.clearFaults();
    assert.equal((await reading).status, 200);
  });
});
