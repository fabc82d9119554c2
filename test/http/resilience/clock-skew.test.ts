// If S3 rejects a request's signing time, the bridge signs the request again, using S3's time. The caller does not notice, and
// STS is not called. For later roles in a chain, the bridge signs STS calls using STS's time. Tests that need faked clocks are
// in clock-skew.slow.ts.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { chained, hopsAtSts, TO_LAKE_DATA } from '../../support/chain.ts';
import { configured, READER_MAY_ALL } from '../../support/configuration.ts';
import { asAccount, openToProject, READABLE, sessionsAtSts } from '../../support/sessions-at-sts.ts';
import { startStandIn } from '../../support/stand-in.ts';
import { refuse, startStoodInWire } from '../../support/stand-in-wire.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
const LIFE_SECONDS = 12 * HOUR;
/** The format of `x-amz-date`. */
const DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

describe("a difference between S3's clock and the bridge's", () => {
  let wire: Wire;
  let headers: Record<string, string>;
  before(async () => {
    wire = await startWire({ config: openToProject() });
    // Credentials must outlast every jump of S3's clock.
    await wire.control('PUT', '/durations', { credentials: LIFE_SECONDS });
    headers = asAccount(wire, 1);
    assert.equal((await wire.get(READABLE, { headers })).status, 200);
  });
  after(() => wire.close());

  const s3Ahead = (seconds: number): Promise<unknown> =>
    wire.control('PUT', '/clock', { upstream: 's3', offsetSeconds: seconds });

  /** Sends reads one after the other, all of which succeed. @returns the number of calls to S3 and STS */
  const callsFor = async (reads: number, method = 'GET'): Promise<{ s3: number; sts: number }> => {
    await wire.forgetCalls();
    for (let i = 0; i < reads; i += 1)
      assert.equal((await wire.get(READABLE, { headers, method })).status, 200);
    return { s3: (await wire.calls('s3')).length, sts: (await sessionsAtSts(wire)).length };
  };

  for (const [what, seconds] of [
    ['if S3 is two hours ahead', 2 * HOUR],
    ['if S3 is an hour behind', -HOUR],
    ["if S3's clock is right again", 0],
  ] as const) {
    for (const method of ['GET', 'HEAD']) {
      it(`causes one extra request for the first ${method}, and none later, ${what}`, async () => {
        await s3Ahead(method === 'GET' ? seconds : seconds + 1800);
        assert.deepEqual(await callsFor(1, method), { s3: 2, sts: 0 });
        assert.deepEqual(await callsFor(3, method), { s3: 3, sts: 0 });
      });
    }
  }

  it('is logged', async () => {
    await s3Ahead(3 * HOUR);
    await callsFor(1);
    const line = await wire.bridge.line(({ aheadSeconds }) => Math.abs(Number(aheadSeconds) - 3 * HOUR) < 60);
    assert.equal(line['severity'], 'WARNING');
    assert.match(String(line['remedy']), /clock/);
  });

  it('does not cause errors for concurrent requests that detect it at the same time', async () => {
    await s3Ahead(5 * HOUR);
    await wire.forgetCalls();
    const replies = await Promise.all(Array.from({ length: 20 }, () => wire.get(READABLE, { headers })));
    assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]));
    assert.equal((await sessionsAtSts(wire)).length, 0);
  });

  it('of more than a day is not corrected, and does not cause an STS call', async () => {
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

describe('an S3 server that always rejects the signing time', () => {
  it('is called only twice, and STS is not called', async (test) => {
    const wire = await startStoodInWire();
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

it("a HEAD request that S3 denies without an error code is not re-signed if S3's clock is right", async (test) => {
  const wire = await startStoodInWire();
  test.after(() => wire.close());
  wire.s3Answers((_, response) => {
    response.writeHead(403).end();
  });
  assert.equal((await wire.read({ method: 'HEAD' })).status, 403);
  // The bridge retries because the session may have been revoked, but signs both requests using this machine's time.
  const dates = wire.asked().map(({ headers }) => String(headers['x-amz-date']));
  assert.ok(dates.length <= 2, String(dates));
  assert.ok(!wire.bridge.output().includes("S3's clock"));
});

describe('two S3 endpoints with different clocks', () => {
  it('do not affect each other', async (test) => {
    const wrong = new Date(Date.now() - 2 * HOUR * 1000).toUTCString();
    let rejections = 0;
    const signedAt: string[] = [];
    const other = await startStandIn((request, response) => {
      const date = String(request.headers['x-amz-date']);
      const isNow = Math.abs(Date.parse(date.replace(DATE, '$1-$2-$3T$4:$5:$6Z')) - Date.now()) < HOUR * 1000;
      response.setHeader('date', wrong);
      if (isNow) {
        rejections += 1;
        refuse(response, 403, 'RequestTimeTooSkewed');
        return;
      }
      signedAt.push(date);
      response.writeHead(200, { 'content-length': 4 }).end('here');
    });
    test.after(() => {
      other.close();
    });
    const wire = await startWire({
      config: configured({
        buckets: {
          'acme-lake': 'role: lake',
          'acme-wrong': `role: lake, region: eu-west-1, endpoint: "${other.origin}"`,
        },
        grants: [READER_MAY_ALL, READER_MAY_ALL.replace('acme-lake', 'acme-wrong')],
      }),
    });
    test.after(() => wire.close());
    for (let i = 0; i < 3; i += 1) {
      assert.equal((await wire.get('/acme-wrong/a', { as: 'reader' })).text, 'here');
      assert.equal((await wire.get('/acme-lake/README.txt', { as: 'reader' })).status, 200);
    }
    assert.deepEqual([rejections, signedAt.length], [1, 3]);
    assert.deepEqual(new Set((await wire.calls('s3')).map(({ status }) => status)), new Set([200]));
  });
});

describe('a later role in a chain', () => {
  it("is assumed with STS's time in the signature if the bridge's clock is hours off", async (test) => {
    const wire = await startWire({ config: chained([TO_LAKE_DATA]) });
    test.after(() => wire.close());
    for (const [n, offset] of [2 * HOUR, -2 * HOUR].entries()) {
      // With this clock, S3 serves no object, so the test checks only that every role in the chain is assumed.
      await wire.control('PUT', '/clock', { offsetSeconds: offset });
      await wire.forgetCalls();
      await wire.get(READABLE, { headers: asAccount(wire, n) });
      const calls = await hopsAtSts(wire);
      assert.ok(calls.some(({ action, status }) => action === 'AssumeRole' && status === 200));
    }
  });
});
