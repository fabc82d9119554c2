// What fails at S3 before it answers is asked again, within a deadline; the caller sees the outcome alone.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { startClockedWire } from '../../support/faked-clock.ts';
import { READABLE } from '../../support/sessions-at-sts.ts';
import { refuse, startClockedStoodInWire } from '../../support/stand-in-wire.ts';
import type { AnswerOfS3, ClockedStoodInWire } from '../../support/stand-in-wire.ts';
import { until } from '../../support/until.ts';

/** No retry begins later than this after the first attempt. */
const DEADLINE_MS = 5_000;
/** The bridge gives up if S3 sends nothing for this long. */
const STALL_MS = 30_000;

/** @returns an S3 that fails so often, and then gives `here` */
function failing(times: number, fail: AnswerOfS3): AnswerOfS3 {
  let asked = 0;
  return (request, response) => {
    asked += 1;
    if (asked <= times) return fail(request, response);
    response.writeHead(200, { 'content-length': 4 }).end('here');
  };
}

const reset: AnswerOfS3 = (request) => {
  request.socket.resetAndDestroy();
};

describe('an S3', () => {
  let wire: ClockedStoodInWire;
  let minutes = 0;
  before(async () => {
    wire = await startClockedStoodInWire();
  });
  // The retry budget is full again, and the deadline of retries never passes.
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
    it(`that says ${code} is asked again`, async () => {
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

  it('that fails for HEAD is asked again', async () => {
    wire.s3Answers(failing(2, (_, response) => void response.writeHead(500).end()));
    const reply = await wire.read({ method: 'HEAD' });
    assert.deepEqual([reply.status, reply.headers['content-length']], [200, '4']);
    assert.equal(wire.asked().length, 3);
  });

  it('that fails for a list is asked again', async () => {
    wire.s3Answers(
      failing(1, (_, response) => {
        refuse(response, 500, 'InternalError');
      }),
    );
    assert.equal((await wire.read({ path: '/acme-lake?list-type=2' })).text, 'here');
  });

  it('that resets connections is asked again', async () => {
    // One of them may be taken for a connection that was only stale, which is no retry.
    wire.s3Answers(failing(3, reset));
    const reply = await wire.read();
    assert.deepEqual([reply.status, reply.text], [200, 'here']);
    const retries = Number((await wire.lineOf(reply))['retries']);
    assert.ok(retries >= 1 && retries <= 3, `${retries} retries`);
    assert.equal(await wire.repeated('unreachable'), retries);
  });

  it('that ended a connection that was idle is asked again, and nothing is counted', async () => {
    wire.s3Answers(failing(1, reset));
    const reply = await wire.read();
    assert.equal(reply.status, 200);
    assert.equal((await wire.lineOf(reply))['retries'], undefined);
  });

  it('that answers at once is asked once', async () => {
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
    it(`that says ${code} is asked once`, async () => {
      wire.s3Answers((_, response) => {
        refuse(response, status, code);
      });
      assert.equal((await wire.read()).code, code);
      assert.equal(wire.asked().length, 1);
    });
  }

  it('that names a pause is left alone for so long', async () => {
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
    ['a pause', () => '60'],
    ['a date', () => new Date(Date.now() + 60_000).toUTCString()],
  ] as const) {
    it(`that names ${what} which is too long is left to the caller, at once`, async () => {
      wire.s3Answers((_, response) => {
        refuse(response, 503, 'SlowDown', { 'retry-after': pause() });
      });
      const reply = await wire.read();
      assert.deepEqual([reply.status, reply.code], [503, 'SlowDown']);
      assert.ok(reply.headers['retry-after'] !== undefined && reply.headers['retry-after'] !== '1');
      assert.equal(wire.asked().length, 1);
    });
  }

  it('is not asked again for a caller that has left meanwhile', async () => {
    const askedFor = (key: string): number =>
      wire.asked().filter(({ url }) => url === `/acme-lake/${key}`).length;
    wire.s3Answers((request, response) => {
      if (request.url === '/acme-lake/left') refuse(response, 503, 'SlowDown', { 'retry-after': '1' });
      else if (askedFor('later') === 1) refuse(response, 503, 'SlowDown', { 'retry-after': '2' });
      else response.end('here');
    });
    // Long enough for this test to leave during the pause.
    await wire.setClocks({ steadyStands: true, steadyAheadMs: minutes * 60_000, timerFactor: 10 });
    const counted = await wire.repeated('503');
    const { hostname, port } = new URL(wire.bridge.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `GET /acme-lake/left HTTP/1.1\r\nHost: b\r\nAuthorization: Bearer ${await wire.token('reader')}\r\n\r\n`,
    );
    await until('S3 was asked', () => wire.asked().length === 1);
    await until('the retry is waited for', async () => (await wire.repeated('503')) > counted);
    socket.destroy();
    const line = await wire.bridge.line(({ key }) => key === 'left');
    assert.deepEqual([line['abortedBy'], line['fault']], ['caller', undefined]);
    // This request starts its pause later, and pauses longer: the retry for the caller that left would have come before.
    await wire.setClocks({ steadyStands: true, steadyAheadMs: minutes * 60_000, timerFactor: 6 });
    assert.equal((await wire.read({ path: '/acme-lake/later' })).status, 200);
    assert.deepEqual([askedFor('left'), askedFor('later')], [1, 2]);
  });
});

describe('an S3 that goes on failing', () => {
  let wire: ClockedStoodInWire;
  before(async () => {
    wire = await startClockedStoodInWire();
    await wire.setClocks({ steadyStands: true });
  });
  after(() => wire.close());

  it('is told in its own words, when the deadline has come', async () => {
    let times = 0;
    wire.s3Answers(async (_, response) => {
      times += 1;
      if (times === 3) await wire.setClocks({ steadyStands: true, steadyAheadMs: DEADLINE_MS });
      refuse(response, 503, 'SlowDown', { 'x-amz-request-id': `ID${times}` });
    });
    const reply = await wire.read();
    assert.deepEqual([reply.status, reply.code], [503, 'SlowDown']);
    assert.equal(times, 3);
    assert.equal(reply.headers['x-amz-request-id'], 'ID3', 'the last it said');
    const line = await wire.lineOf(reply);
    assert.equal(line['retries'], 2);
  });

  it('with no answer at all is not asked again: the wait has taken the time that there was', async () => {
    wire.s3Answers(() => undefined);
    const reading = wire.read();
    await until('S3 was asked', () => wire.asked().length === 1);
    await wire.setClocks({ steadyStands: true, steadyAheadMs: DEADLINE_MS + STALL_MS });
    const reply = await reading;
    assert.equal(reply.status, 503);
    assert.equal((await wire.lineOf(reply))['fault'], 's3_timeout');
    assert.equal(wire.asked().length, 1);
  });
});

describe('an S3 that refuses connections', () => {
  it('and is up again a little later serves the request that waited', async (test) => {
    const wire = await startClockedWire();
    test.after(() => wire.close());
    assert.equal((await wire.get(READABLE, { as: 'reader' })).status, 200);
    await wire.fault({ supplier: 's3', fault: 'refuse' });
    // Pauses before retries are longer, and the deadline of retries never passes.
    await wire.setClocks({ steadyStands: true, timerFactor: 10 });
    const reading = wire.get(READABLE, { as: 'reader' });
    await until(
      'a retry is waited for',
      async () => (await wire.metric('fedbridge_s3_retries_total{reason="unreachable"}')) > 0,
    );
    await wire.clearFaults();
    assert.equal((await reading).status, 200);
  });
});
