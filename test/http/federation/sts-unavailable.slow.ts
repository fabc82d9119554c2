// If STS is unreachable or sends invalid responses, a caller without credentials gets 503 within the deadline and may retry.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { FAULTS } from '../../../src/errors/table.ts';
import type { FaultCode } from '../../../src/errors/table.ts';
import type { Reply } from '../../support/http-request.ts';
import { asAccount, openToProject, READABLE, sessionsAtSts } from '../../support/sessions-at-sts.ts';
import { startStandIn } from '../../support/stand-in.ts';
import { inTime } from '../../support/until.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const assertReported = async (wire: Wire, reply: Reply, fault: FaultCode): Promise<void> => {
  const id = reply.headers['x-request-id'];
  const line = await wire.bridge.line(({ requestId }) => requestId === id);
  assert.equal(line['fault'], fault);
  assert.equal(line['remedy'], FAULTS[fault].fix);
  assert.equal(reply.status, 503);
  assert.equal(reply.code, 'ServiceUnavailable');
  assert.equal(reply.headers['retry-after'], '2');
  assert.equal(reply.headers['x-fedbridge-error'], 'federation_failed');
};

async function failAndRecover(
  wire: Wire,
  headers: Record<string, string>,
  settings: Readonly<Record<string, unknown>>,
  fault: FaultCode,
): Promise<void> {
  await wire.fault({ upstream: 'sts', ...settings });
  const reply = await inTime('the bridge responds', wire.get(READABLE, { headers }));
  await wire.clearFaults();
  await assertReported(wire, reply, fault);
  assert.equal((await wire.get(READABLE, { headers })).status, 200);
}

describe('the bridge', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({ config: openToProject() });
  });
  after(() => wire.close());

  let account = 0;
  for (const [what, settings, fault] of [
    ['refuses connections', { fault: 'refuse' }, 'sts_unreachable'],
    ['resets connections', { fault: 'reset' }, 'sts_unreachable'],
    ['sends invalid responses', { fault: 'garbage' }, 'sts_failed'],
    ['sends empty responses', { fault: 'empty' }, 'sts_failed'],
    ['closes connections mid-response', { fault: 'cut', after: 200 }, 'sts_failed'],
    ['has an internal error', { fault: 'status', status: 500 }, 'sts_failed'],
  ] as const) {
    it(`responds with 503 and logs ${fault} if STS ${what}, and then serves the next request`, async () => {
      account += 1;
      await failAndRecover(wire, asAccount(wire, account), settings, fault);
    });
  }

  for (const [what, settings] of [
    ['resets one connection', { fault: 'reset' }],
    ['throttles once', { fault: 'error', code: 'Throttling' }],
    ['fails once', { fault: 'status', status: 500 }],
  ] as const) {
    it(`retries and serves the caller if STS ${what}`, async () => {
      account += 1;
      await wire.forgetCalls();
      await wire.fault({ upstream: 'sts', ...settings, times: 1 });
      assert.equal((await wire.get(READABLE, { headers: asAccount(wire, account) })).status, 200);
      assert.equal((await sessionsAtSts(wire)).length, 2);
    });
  }
});

describe('the bridge', { concurrency: true }, () => {
  for (const [what, settings, fault] of [
    ['does not respond', { fault: 'hang' }, 'sts_timeout'],
    ['stalls mid-response', { fault: 'stall', after: 200 }, 'sts_timeout'],
    [
      'sends a long Retry-After',
      { fault: 'status', status: 503, headers: { 'retry-after': '60' } },
      'sts_failed',
    ],
  ] as const) {
    it(`responds with 503 and logs ${fault} if STS ${what}, and then serves the next request`, async (test) => {
      const wire = await startWire({ config: openToProject() });
      test.after(() => wire.close());
      await failAndRecover(wire, asAccount(wire, 1), settings, fault);
    });
  }

  it('retries and serves the caller if STS does not respond to one call', async (test) => {
    const wire = await startWire({ config: openToProject() });
    test.after(() => wire.close());
    await wire.fault({ upstream: 'sts', fault: 'hang', times: 1 });
    assert.equal((await wire.get(READABLE, { headers: asAccount(wire, 1) })).status, 200);
  });
});

describe('a response from something other than STS', () => {
  it('is reported as sts_unreachable, not as an invalid request', async (test) => {
    const proxy = await startStandIn((request, response) => {
      request.resume();
      response.writeHead(403, { 'content-type': 'text/html' }).end('<html><body>Blocked</body></html>');
    });
    const wire = await startWire({
      config: openToProject(),
      environment: { AWS_ENDPOINT_URL_STS: proxy.origin },
      ready: false,
    });
    test.after(async () => {
      await wire.close();
      proxy.close();
    });
    await assertReported(wire, await wire.get(READABLE, { headers: asAccount(wire, 1) }), 'sts_unreachable');
  });
});
