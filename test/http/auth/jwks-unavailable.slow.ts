// Until the bridge has Google's keys it cannot authenticate anyone: callers get a 503 with Retry-After, not a 401.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startClockedWire, STOPPED, timeless } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { googleClaims } from '../../support/google-claims.ts';
import type { Reply } from '../../support/http-request.ts';
import { assertLogged, READABLE } from '../../support/refused-token.ts';
import { asBearer, asS3Client } from '../../support/token-headers.ts';

/** How long the bridge waits after a failed key fetch before it tries again. */
const PAUSE_MS = 1_000;

describe("the bridge, without access to Google's keys", () => {
  let wire: ClockedWire;
  let token: string;
  let passedMs = 0;
  before(async () => {
    wire = await startClockedWire({ faults: [{ upstream: 'certs', fault: 'refuse' }] });
    await wire.setClocks(STOPPED);
    token = wire.sandbox.mint(googleClaims(wire, 'reader', timeless()));
  });
  after(() => wire.close());

  const pass = async (milliseconds: number): Promise<void> => {
    passedMs += milliseconds;
    await wire.setClocks({ ...STOPPED, steadyAheadMs: passedMs });
  };

  const assertUnavailable = async (reply: Reply): Promise<void> => {
    assert.deepEqual([reply.status, reply.code], [503, 'ServiceUnavailable'], reply.text);
    assert.equal(reply.headers['x-fedbridge-error'], 'upstream_failed');
    assert.ok(Number(reply.headers['retry-after']) >= 1);
    assert.equal(reply.headers['www-authenticate'], undefined, 'another token would not help');
    const line = await assertLogged(wire, reply, 'signing_keys_unavailable');
    assert.equal(line['severity'], 'ERROR');
    assert.match(String(line['remedy']), /Check egress/);
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
    it(`responds with 503 and Retry-After if Google's key endpoint fails: ${JSON.stringify(fault)}`, async () => {
      await wire.fault({ upstream: 'certs', ...fault });
      await pass(PAUSE_MS);
      await assertUnavailable(await wire.get(READABLE, { headers: asBearer(token) }));
      await assertUnavailable(await wire.get(READABLE, { headers: asS3Client(token) }));
    });
  }

  it("fetches the keys only once for all concurrent callers if Google's key endpoint hangs", async () => {
    await wire.fault({ upstream: 'certs', fault: 'hang' });
    await pass(PAUSE_MS);
    await wire.forgetCalls();
    const ask = (): Promise<Reply> => wire.get(READABLE, { headers: asBearer(token) });
    for (const reply of await Promise.all(Array.from({ length: 10 }, ask))) await assertUnavailable(reply);
    assert.equal((await wire.calls('certs')).length, 1);
  });

  it('responds with 401, not 503, to a request without a token', async () => {
    assert.equal((await wire.get(READABLE)).status, 401);
  });

  it('still passes its liveness and readiness probes', async () => {
    for (const path of ['/-/live', '/-/ready']) assert.equal((await wire.get(path)).status, 200);
  });

  it("calls Google's key endpoint at most once a second, however many requests arrive", async () => {
    await wire.clearFaults();
    await wire.fault({ upstream: 'certs', fault: 'status', status: 503 });
    await wire.forgetCalls();
    for (const asked of [1, 2, 3]) {
      await pass(PAUSE_MS - 1);
      await wire.get(READABLE, { headers: asBearer(token) });
      assert.equal((await wire.calls('certs')).length, asked - 1);
      await pass(1);
      for (let i = 0; i < 20; i += 1) await wire.get(READABLE, { headers: asBearer(token) });
      assert.equal((await wire.calls('certs')).length, asked);
    }
  });

  it('serves objects once the keys are available again', async () => {
    await wire.clearFaults();
    await pass(PAUSE_MS);
    assert.equal((await wire.get(READABLE, { headers: asBearer(token) })).status, 200);
  });
});
