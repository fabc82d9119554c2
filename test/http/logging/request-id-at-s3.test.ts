// S3's access log and CloudTrail record the User-Agent. The bridge adds its request ID to the User-Agent, so that a request can
// be found in these two logs and in the bridge's own.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const userAgentOf = (call: Readonly<Record<string, unknown>> | undefined): string =>
  String((call?.['headers'] as Record<string, string> | undefined)?.['user-agent']);

describe('the User-Agent sent to S3', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire();
  });
  after(() => wire.close());

  for (const path of [
    '/acme-lake/raw/public/orders.csv',
    '/acme-lake?list-type=2',
    '/acme-lake/no-such-key',
    '/-/objects?bucket=acme-lake',
  ]) {
    it(`contains the same request ID as the response and the log line for ${path}`, async () => {
      await wire.forgetCalls();
      const reply = await wire.get(path, { as: 'reader' });
      const id = reply.headers['x-request-id'];
      assert.ok(typeof id === 'string' && id.length > 10);
      await wire.bridge.line(({ requestId }) => requestId === id);
      const calls = await wire.calls('s3');
      assert.ok(calls.length > 0);
      for (const call of calls) assert.equal(userAgentOf(call), `fedbridge (${id})`);
    });
  }

  it("does not contain the caller's User-Agent, which could imitate another request's ID", async () => {
    await wire.forgetCalls();
    await wire.get('/acme-lake/README.txt', { as: 'reader', headers: { 'user-agent': 'fedbridge (other)' } });
    const [call] = await wire.calls('s3');
    assert.doesNotMatch(userAgentOf(call), /other/);
  });
});
