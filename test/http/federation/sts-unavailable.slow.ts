// Where STS is out of reach or talks nonsense, a caller without credentials gets 503 within the deadline, and may come back.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { FAULTS } from '../../../src/errors/table.ts';
import type { FaultCode } from '../../../src/errors/table.ts';
import type { Reply } from '../../support/http-request.ts';
import { asAccount, openToProject, READABLE, sessionsAtSts } from '../../support/sessions-at-sts.ts';
import { inTime } from '../../support/until.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const assertTold = async (wire: Wire, reply: Reply, fault: FaultCode): Promise<void> => {
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
  await wire.fault({ supplier: 'sts', ...settings });
  const reply = await inTime('the bridge responds', wire.get(READABLE, { headers }));
  await wire.clearFaults();
  await assertTold(wire, reply, fault);
  assert.equal((await wire.get(READABLE, { headers })).status, 200);
}

describe('while STS', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({ config: openToProject() });
  });
  after(() => wire.close());

  let account = 0;
  for (const [what, settings, fault] of [
    ['cannot be connected to', { fault: 'refuse' }, 'sts_unreachable'],
    ['resets connections', { fault: 'reset' }, 'sts_unreachable'],
    ['answers nonsense', { fault: 'garbage' }, 'sts_failed'],
    ['answers nothing', { fault: 'empty' }, 'sts_failed'],
    ['breaks off amid its answers', { fault: 'cut', after: 200 }, 'sts_failed'],
    ['fails by itself', { fault: 'status', status: 500 }, 'sts_failed'],
  ] as const) {
    it(`${what}, that is ${fault} and 503, and the next request is served`, async () => {
      account += 1;
      await failAndRecover(wire, asAccount(wire, account), settings, fault);
    });
  }

  for (const [what, settings] of [
    ['resets one connection', { fault: 'reset' }],
    ['throttles once', { fault: 'error', code: 'Throttling' }],
    ['fails once', { fault: 'status', status: 500 }],
  ] as const) {
    it(`${what}, no caller notices`, async () => {
      account += 1;
      await wire.forgetCalls();
      await wire.fault({ supplier: 'sts', ...settings, times: 1 });
      assert.equal((await wire.get(READABLE, { headers: asAccount(wire, account) })).status, 200);
      assert.equal((await sessionsAtSts(wire)).length, 2);
    });
  }
});

describe('while STS for long', { concurrency: true }, () => {
  for (const [what, settings, fault] of [
    ['does not answer', { fault: 'hang' }, 'sts_timeout'],
    ['stops amid its answers', { fault: 'stall', after: 200 }, 'sts_timeout'],
    ['wants a long pause', { fault: 'status', status: 503, headers: { 'retry-after': '60' } }, 'sts_failed'],
  ] as const) {
    it(`${what}, that is ${fault} and 503, and the next request is served`, async (test) => {
      const wire = await startWire({ config: openToProject() });
      test.after(() => wire.close());
      await failAndRecover(wire, asAccount(wire, 1), settings, fault);
    });
  }

  it('does not answer once, no caller notices', async (test) => {
    const wire = await startWire({ config: openToProject() });
    test.after(() => wire.close());
    await wire.fault({ supplier: 'sts', fault: 'hang', times: 1 });
    assert.equal((await wire.get(READABLE, { headers: asAccount(wire, 1) })).status, 200);
  });
});

describe('where something else than STS answers', () => {
  it('that is told as STS out of reach, not as a fault of the request', async (test) => {
    const proxy = createServer((request, response) => {
      request.resume();
      response.writeHead(403, { 'content-type': 'text/html' }).end('<html><body>Blocked</body></html>');
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const address = proxy.address();
    assert.ok(typeof address === 'object' && address !== null);
    const wire = await startWire({
      config: openToProject(),
      environment: { AWS_ENDPOINT_URL_STS: `http://127.0.0.1:${address.port}` },
      ready: false,
    });
    test.after(async () => {
      await wire.close();
      proxy.close();
    });
    await assertTold(wire, await wire.get(READABLE, { headers: asAccount(wire, 1) }), 'sts_unreachable');
  });
});
