// Where S3 refuses the time at which a request was signed, it is signed anew by S3's own: no caller sees it, and STS is not asked.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { configured, READER_MAY_ALL } from '../../support/configuration.ts';
import { startClockedWire } from '../../support/faked-clock.ts';
import { asAccount, openToProject, READABLE, sessionsAtSts } from '../../support/sessions-at-sts.ts';
import { refuse, startClockedStoodInWire } from '../../support/stand-in-wire.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
const LIFE_SECONDS = 12 * HOUR;

describe('an S3 whose clock and ours are apart', () => {
  let wire: Wire;
  let headers: Record<string, string>;
  before(async () => {
    wire = await startWire({ config: openToProject() });
    // Longer than S3's clock will be ahead.
    await wire.control('PUT', '/durations', { credentials: LIFE_SECONDS });
    headers = asAccount(wire, 1);
    assert.equal((await wire.get(READABLE, { headers })).status, 200);
  });
  after(() => wire.close());

  const s3Ahead = (seconds: number): Promise<unknown> =>
    wire.control('PUT', '/clock', { supplier: 's3', offsetSeconds: seconds });

  /** @returns how often S3 and STS were asked for reads one after the other, each of which succeeds */
  const askedFor = async (reads: number, method = 'GET'): Promise<{ s3: number; sts: number }> => {
    await wire.forgetCalls();
    for (let i = 0; i < reads; i += 1)
      assert.equal((await wire.get(READABLE, { headers, method })).status, 200);
    return { s3: (await wire.calls('s3')).length, sts: (await sessionsAtSts(wire)).length };
  };

  for (const [what, seconds] of [
    ['two hours ahead', 2 * HOUR],
    ['an hour behind', -HOUR],
    ['right again', 0],
  ] as const) {
    for (const method of ['GET', 'HEAD']) {
      it(`${what} costs the first ${method} one more, and the next nothing`, async () => {
        await s3Ahead(method === 'GET' ? seconds : seconds + 1800);
        assert.deepEqual(await askedFor(1, method), { s3: 2, sts: 0 });
        assert.deepEqual(await askedFor(3, method), { s3: 3, sts: 0 });
      });
    }
  }

  it('is told to the operator', async () => {
    await s3Ahead(3 * HOUR);
    await askedFor(1);
    const line = await wire.bridge.line(({ aheadSeconds }) => Math.abs(Number(aheadSeconds) - 3 * HOUR) < 60);
    assert.equal(line['severity'], 'WARNING');
    assert.match(String(line['remedy']), /clock/);
  });

  it('serves many at once that learn of it together', async () => {
    await s3Ahead(5 * HOUR);
    await wire.forgetCalls();
    const replies = await Promise.all(Array.from({ length: 20 }, () => wire.get(READABLE, { headers })));
    assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]));
    assert.equal((await sessionsAtSts(wire)).length, 0);
  });

  it('by more than a day is not believed, and costs no STS call', async () => {
    await s3Ahead(-2 * DAY);
    await wire.forgetCalls();
    const reply = await wire.get(READABLE, { headers });
    assert.equal(reply.status, 503);
    assert.equal((await wire.calls('s3')).length, 1);
    assert.equal((await sessionsAtSts(wire)).length, 0);
    const line = await wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);
    assert.equal(line['fault'], 's3_credentials_rejected');
  });
});

describe('a clock of ours', () => {
  it('that jumps, and comes right again, is corrected each time', async (test) => {
    const wire = await startClockedWire({ config: openToProject() });
    test.after(() => wire.close());
    const headers = asAccount(wire, 1, { iat: Math.floor(Date.now() / 1000) - HOUR });
    const read = async (): Promise<number> => {
      await wire.forgetCalls();
      assert.equal((await wire.get(READABLE, { headers })).status, 200);
      return (await wire.calls('s3')).length;
    };
    await read();
    for (const seconds of [-1200, 0, -1800]) {
      await wire.setClocks({ wallAheadMs: seconds * 1000 });
      assert.deepEqual([await read(), await read()], [2, 1]);
    }
  });
});

describe('an S3 that refuses every time', () => {
  it('is asked twice, and STS not at all', async (test) => {
    const wire = await startClockedStoodInWire();
    test.after(() => wire.close());
    wire.s3Answers((_, response) => {
      refuse(response, 403, 'RequestTimeTooSkewed');
    });
    await wire.read();
    await wire.forgetCalls();
    wire.s3Answers((_, response) => {
      refuse(response, 403, 'RequestTimeTooSkewed');
    });
    const reply = await wire.read();
    assert.equal(reply.status, 503);
    assert.equal(wire.asked().length, 2);
    assert.equal((await wire.calls('sts')).length, 0);
  });
});

it('a HEAD that is denied without a code by an S3 whose clock is right is not signed again for the clock', async (test) => {
  const wire = await startClockedStoodInWire();
  test.after(() => wire.close());
  wire.s3Answers((_, response) => {
    response.writeHead(403).end();
  });
  assert.equal((await wire.read({ method: 'HEAD' })).status, 403);
  // The renewal of credentials that may have been revoked sends it once more: both are signed by this machine's clock.
  const dates = wire.asked().map(({ headers }) => String(headers['x-amz-date']));
  assert.ok(dates.length <= 2, String(dates));
  assert.ok(!wire.bridge.output().includes("S3's clock"));
});

describe('two S3s of which one has a wrong clock', () => {
  it('do not disturb each other', async (test) => {
    const other = await startClockedStoodInWire();
    test.after(() => other.close());
    const wrong = new Date(Date.now() - 2 * HOUR * 1000).toUTCString();
    let refused = 0;
    const signedAt: string[] = [];
    other.s3Answers((request, response) => {
      const date = String(request.headers['x-amz-date']);
      const isNow = Math.abs(Date.parse(date.replace(DATE, '$1-$2-$3T$4:$5:$6Z')) - Date.now()) < HOUR * 1000;
      response.setHeader('date', wrong);
      if (isNow) {
        refused += 1;
        refuse(response, 403, 'RequestTimeTooSkewed');
        return;
      }
      signedAt.push(date);
      response.writeHead(200, { 'content-length': 4 }).end('here');
    });
    const wire = await startWire({
      config: configured({
        buckets: {
          'acme-lake': 'role: lake',
          'acme-wrong': `role: lake, region: eu-west-1, endpoint: "${other.s3.origin}"`,
        },
        grants: [READER_MAY_ALL, READER_MAY_ALL.replace('acme-lake', 'acme-wrong')],
      }),
    });
    test.after(() => wire.close());
    for (let i = 0; i < 3; i += 1) {
      assert.equal((await wire.get('/acme-wrong/a', { as: 'reader' })).text, 'here');
      assert.equal((await wire.get('/acme-lake/README.txt', { as: 'reader' })).status, 200);
    }
    assert.deepEqual([refused, signedAt.length], [1, 3]);
    assert.deepEqual(new Set((await wire.calls('s3')).map(({ status }) => status)), new Set([200]));
  });
});

const DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;
