// A caller receives no more bytes from S3 per day than its egress budget allows, however many requests it sends in parallel.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { open, request } from '../../support/http-request.ts';
import type { Reply } from '../../support/http-request.ts';
import { startMeasuredWire } from '../../support/metrics.ts';
import type { MeasuredWire } from '../../support/metrics.ts';
import { asAccount, openToProject } from '../../support/sessions-at-sts.ts';
import { until } from '../../support/until.ts';

const MIB = 1024 * 1024;
const BUDGET = 100 * MIB;
const SMALL_BUDGET = 300_000;
/**
 * Accounts 50 to 57 also have the small budget; all others have only the large one. Read-ahead is off, because it adds the bytes
 * that S3 sends before the first connection is closed, and their number varies.
 */
const BUDGETS = `
readAhead: { connections: 1 }
limits: { perCaller: 1000 }
budgets:
  - { callers: ["project:acme-prod"], bytesPerDay: 100MiB }
  - { callers: [${[50, 51, 52, 53, 54, 55, 56, 57].map((n) => `job-${n}@acme-prod.iam.gserviceaccount.com`).join(', ')}], bytesPerDay: 300KB, warnAt: 0.5 }`;

describe('an egress budget', () => {
  let wire: MeasuredWire;
  before(async () => {
    wire = await startMeasuredWire({ config: openToProject(BUDGETS) });
    await wire.put('1m.bin', Buffer.alloc(MIB, 'm'));
    await wire.put('90m.bin', Buffer.alloc(90 * MIB, 'n'));
    await wire.put('100k.bin', Buffer.alloc(100_000, 'k'));
    await wire.put('empty.bin', '');
  });
  after(() => wire.close());

  const read = (account: number, key: string, headers = {}, method = 'GET'): Promise<Reply> =>
    request(wire.bridge.url, `/acme-lake/${key}`, {
      method,
      headers: { ...asAccount(wire, account), ...headers },
    });
  const remaining = async (account: number): Promise<number> => {
    const { text } = await request(wire.bridge.url, '/-/whoami', { headers: asAccount(wire, account) });
    const { egressBudget } = JSON.parse(text) as { egressBudget: { remainingBytes: number } };
    return egressBudget.remainingBytes;
  };
  /** @returns the methods of the requests for this object that S3 has received since the last `forgetCalls` */
  const methodsAtS3 = async (key: string): Promise<unknown[]> =>
    (await wire.calls('s3')).filter(({ path }) => path === `/acme-lake/${key}`).map(({ method }) => method);

  it('allows exactly as many of 300 parallel reads as fit within it', async () => {
    const replies = await Promise.all(Array.from({ length: 300 }, () => read(1, '1m.bin')));
    const served = replies.filter(({ status }) => status === 200);
    assert.equal(
      served.reduce((sum, { body }) => sum + body.length, 0),
      BUDGET,
    );
    const denied = replies.filter(({ status }) => status !== 200);
    assert.deepEqual(
      new Set(denied.map(({ status, code }) => `${status} ${code ?? ''}`)),
      new Set(['403 EgressBudgetExceeded']),
    );
    assert.equal(await remaining(1), 0);
  });

  it('is not exceeded by parallel reads of large and small objects, and large reads do not block small ones', async () => {
    const keys = Array.from({ length: 60 }, (_, n) => (n % 10 === 0 ? '90m.bin' : '1m.bin'));
    const replies = await Promise.all(keys.map((key) => read(2, key)));
    const bytes = replies.reduce((sum, { status, body }) => sum + (status === 200 ? body.length : 0), 0);
    assert.ok(bytes <= BUDGET, `${bytes} bytes`);
    assert.ok(bytes >= 54 * MIB, 'small objects are not denied because of large ones');
  });

  it('does not cause extra requests to S3 while most of it is left', async () => {
    await wire.forgetCalls();
    assert.equal((await read(3, '1m.bin')).status, 200);
    assert.deepEqual(await methodsAtS3('1m.bin'), ['GET']);
    assert.equal(await remaining(3), BUDGET - MIB);
  });

  it('denies a read that would exceed it before the bridge requests the body from S3', async () => {
    await wire.forgetCalls();
    assert.equal((await read(50, '1m.bin')).code, 'EgressBudgetExceeded');
    assert.deepEqual(await methodsAtS3('1m.bin'), ['HEAD']);
    assert.equal(await remaining(50), SMALL_BUDGET);
    assert.equal((await read(50, '100k.bin')).status, 200, 'a smaller object still fits');
    assert.equal(await remaining(50), SMALL_BUDGET - 100_000);
  });

  it('blocks all calls to S3 except HEAD when it is used up', async () => {
    for (let i = 0; i < 3; i += 1) assert.equal((await read(51, '100k.bin')).status, 200);
    await wire.forgetCalls();
    assert.equal((await read(51, '100k.bin')).status, 403);
    assert.equal((await read(51, '?list-type=2')).status, 403);
    assert.deepEqual(await wire.calls('s3'), []);
    const head = await read(51, '100k.bin', {}, 'HEAD');
    assert.deepEqual([head.status, head.headers['content-length']], [200, '100000']);
    assert.equal(
      (await request(wire.bridge.url, '/acme-lake?location', { headers: asAccount(wire, 51) })).status,
      200,
    );
  });

  it('counts a range request by the length of the range, without an extra request to S3', async () => {
    await wire.forgetCalls();
    const { status, body } = await read(52, '1m.bin', { range: 'bytes=1000-200999' });
    assert.deepEqual([status, body.length], [206, 200_000]);
    assert.deepEqual(await methodsAtS3('1m.bin'), ['GET']);
    assert.equal(await remaining(52), 100_000);
    assert.equal((await read(52, '1m.bin', { range: 'bytes=0-200000' })).status, 403);
    assert.equal((await read(52, '100k.bin', { range: 'bytes=50000-' })).status, 206);
    assert.equal((await read(52, '100k.bin', { range: 'bytes=-50000' })).status, 206);
    assert.equal(await remaining(52), 0);
  });

  it("does not count responses without an object's bytes", async () => {
    const { headers } = await read(53, '100k.bin', {}, 'HEAD');
    const etag = headers.etag ?? '';
    for (const account of [4, 53]) {
      const before = await remaining(account);
      assert.equal((await read(account, '100k.bin', { 'if-none-match': etag })).status, 304);
      assert.equal((await read(account, 'empty.bin')).status, 200);
      const missing = await read(account, 'missing.bin');
      assert.deepEqual([missing.status, missing.code], [404, 'NoSuchKey']);
      assert.equal((await read(account, '100k.bin', { 'if-match': '"other"' })).code, 'PreconditionFailed');
      assert.equal((await read(account, '100k.bin', { range: 'bytes=200000-' })).code, 'InvalidRange');
      assert.equal(await remaining(account), before);
    }
  });

  it('counts the responses to list requests', async () => {
    const list = await request(wire.bridge.url, '/acme-lake?list-type=2', { headers: asAccount(wire, 5) });
    assert.equal(list.status, 200);
    assert.equal(await remaining(5), BUDGET - list.body.length);
    const json = await request(wire.bridge.url, '/-/objects?bucket=acme-lake', {
      headers: asAccount(wire, 5),
    });
    assert.equal(json.status, 200);
    assert.ok((await remaining(5)) < BUDGET - list.body.length, "S3's XML counts, not the bridge's JSON");
  });

  it('denies a list request whose response might exceed it, but allows one with a lower max-keys', async () => {
    const headers = asAccount(wire, 54);
    assert.equal((await request(wire.bridge.url, '/acme-lake?list-type=2', { headers })).status, 403);
    assert.equal(
      (await request(wire.bridge.url, '/acme-lake?list-type=2&max-keys=10', { headers })).status,
      200,
    );
  });

  it('is credited with the bytes that S3 has not yet sent when the caller disconnects', async () => {
    await wire.fault({ upstream: 's3', path: '90m.bin', fault: 'hold', after: 5 * MIB });
    const response = await open(wire.bridge.url, '/acme-lake/90m.bin', { headers: asAccount(wire, 6) });
    response.on('error', () => undefined);
    let received = 0;
    for await (const chunk of response) {
      received += (chunk as Buffer).length;
      if (received === 5 * MIB) break;
    }
    await until(
      'the rest of the reservation is returned',
      async () => (await remaining(6)) === BUDGET - 5 * MIB,
    );
    await wire.clearFaults();
  });

  it('reserves the whole length of a download in progress, and lets the download finish', async () => {
    await wire.fault({ upstream: 's3', path: '90m.bin', fault: 'hold', after: MIB });
    const response = await open(wire.bridge.url, '/acme-lake/90m.bin', { headers: asAccount(wire, 7) });
    assert.equal(await remaining(7), 10 * MIB);
    assert.equal((await read(7, '90m.bin')).status, 403);
    await wire.clearFaults();
    let received = 0;
    for await (const chunk of response) received += (chunk as Buffer).length;
    assert.equal(received, 90 * MIB);
    assert.equal(await remaining(7), 10 * MIB);
  });

  it('counts the bytes of a retried read or a resumed download only once', async () => {
    await wire.fault({ upstream: 's3', path: '1m.bin', fault: 'error', code: 'SlowDown', times: 1 });
    assert.equal((await read(8, '1m.bin')).status, 200);
    assert.equal(await remaining(8), BUDGET - MIB);
    await wire.fault({ upstream: 's3', path: '1m.bin', fault: 'cut', after: 300_000, times: 1 });
    const resumed = await read(8, '1m.bin');
    assert.deepEqual([resumed.status, resumed.body.length], [200, MIB]);
    assert.equal(await remaining(8), BUDGET - 2 * MIB);
  });

  it('logs a single warning when a caller reaches its warning level', async () => {
    const warnings = () =>
      wire.bridge.lines.filter(
        ({ event, caller }) =>
          event === 'egress_budget_warning' && caller === 'job-55@acme-prod.iam.gserviceaccount.com',
      );
    assert.equal((await read(55, '100k.bin')).status, 200);
    assert.equal(warnings().length, 0);
    for (let i = 0; i < 2; i += 1) assert.equal((await read(55, '100k.bin')).status, 200);
    assert.equal(warnings().length, 1);
    assert.equal(warnings()[0]?.['bytesPerDay'], SMALL_BUDGET);
  });

  it('is shown in the metrics and in the log line of a denied read', async () => {
    const caller = 'job-56@acme-prod.iam.gserviceaccount.com';
    assert.equal((await read(56, '100k.bin')).status, 200);
    const reply = await read(56, '1m.bin');
    assert.equal(reply.headers['x-fedbridge-error'], 'budget_exceeded');
    assert.equal(await wire.metric(`fedbridge_egress_budget_bytes{caller="${caller}"}`), SMALL_BUDGET);
    assert.equal(await wire.metric(`fedbridge_egress_budget_used_bytes{caller="${caller}"}`), 100_000);
    assert.equal(await wire.metric(`fedbridge_egress_budget_denials_total{caller="${caller}"}`), 1);
    const line = await wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);
    assert.equal(line['fault'], 'egress_budget_exceeded');
    assert.deepEqual(line['cause'], {
      bytesPerDay: SMALL_BUDGET,
      usedBytes: 100_000,
      reservedBytes: 0,
      requestedBytes: MIB,
    });
  });
});
