// Until the bridge has Google's keys nobody can be recognised: a 503 that says to come back, and no fault of the caller's.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from './until.ts';
import type { Reply } from './http-request.ts';
import { assertLogged, READABLE } from './refused-token.ts';
import { asBearer, asS3Client } from './token-headers.ts';
import { startWire } from './wire.ts';
import type { Wire } from './wire.ts';

/** Longer than the bridge waits after a failure before it asks again. */
const A_SECOND_MS = 1_200;

describe("while Google's keys cannot be had", () => {
  let wire: Wire;
  let token: string;
  before(async () => {
    wire = await startWire({ faults: [{ supplier: 'certs', fault: 'refuse' }] });
    token = await wire.token('reader');
  });
  after(() => wire.close());

  const assertUnavailable = async (reply: Reply): Promise<void> => {
    assert.deepEqual([reply.status, reply.code], [503, 'ServiceUnavailable'], reply.text);
    assert.equal(reply.headers['x-fedbridge-error'], 'upstream_failed');
    assert.ok(Number(reply.headers['retry-after']) >= 1);
    assert.equal(reply.headers['www-authenticate'], undefined, 'another token would not help');
    const line = await assertLogged(wire, reply, 'signing_keys_unavailable');
    assert.equal(line['severity'], 'ERROR');
    assert.match(String(line['remedy']), /check egress/);
  };

  for (const fault of [
    { fault: 'refuse' },
    { fault: 'reset' },
    { fault: 'garbage' },
    { fault: 'empty' },
    { fault: 'status', status: 500 },
    { fault: 'status', status: 404 },
    { fault: 'cut', after: 20 },
  ]) {
    it(`as the endpoint's fault is ${JSON.stringify(fault)}, callers come back later`, async () => {
      await wire.fault({ supplier: 'certs', ...fault });
      await assertUnavailable(await wire.get(READABLE, { headers: asBearer(token) }));
      await assertUnavailable(await wire.get(READABLE, { headers: asS3Client(token) }));
    });
  }

  it('as the endpoint hangs, callers wait for seconds, all for the same attempt', async () => {
    await wire.fault({ supplier: 'certs', fault: 'hang' });
    await pause(A_SECOND_MS);
    await wire.forgetCalls();
    const askedAt = Date.now();
    const ask = (): Promise<Reply> => wire.get(READABLE, { headers: asBearer(token) });
    for (const reply of await Promise.all(Array.from({ length: 10 }, ask))) await assertUnavailable(reply);
    assert.ok(Date.now() - askedAt < 10_000);
    assert.equal((await wire.calls('certs')).length, 1);
  });

  it('nobody who presents no token is told to come back', async () => {
    assert.equal((await wire.get(READABLE)).status, 401);
  });

  it('the bridge is up and ready', async () => {
    for (const path of ['/-/live', '/-/ready']) assert.equal((await wire.get(path)).status, 200);
  });

  it('and whatever is sent meanwhile, Google is asked about once a second', async () => {
    await wire.clearFaults();
    await wire.fault({ supplier: 'certs', fault: 'status', status: 503 });
    await pause(A_SECOND_MS);
    await wire.forgetCalls();
    const begun = Date.now();
    for (let i = 0; i < 50; i += 1) await wire.get(READABLE, { headers: asBearer(token) });
    const seconds = (Date.now() - begun) / 1000;
    assert.ok((await wire.calls('certs')).length <= seconds + 1);
  });
  it('and once they can be had again, callers get their objects', async () => {
    await wire.clearFaults();
    await until(
      'served',
      async () => (await wire.get(READABLE, { headers: asBearer(token) })).status === 200,
    );
  });
});
