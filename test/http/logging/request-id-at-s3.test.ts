// S3 keeps a request's User-Agent in its access log and in CloudTrail: the request ID is in it, so that both sides' lines meet.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const userAgentOf = (call: Readonly<Record<string, unknown>> | undefined): string =>
  String((call?.['headers'] as Record<string, string> | undefined)?.['user-agent']);

describe('the User-Agent that S3 sees', () => {
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
    it(`names the request ID that the caller and the log line of ${path} have`, async () => {
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

  it('is not the caller’s own, which could be made to look like another request’s', async () => {
    await wire.forgetCalls();
    await wire.get('/acme-lake/README.txt', { as: 'reader', headers: { 'user-agent': 'fedbridge (other)' } });
    const [call] = await wire.calls('s3');
    assert.doesNotMatch(userAgentOf(call), /other/);
  });
});
