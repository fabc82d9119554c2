// X-Serverless-Authorization is for Cloud Run's invoker check: the bridge never authenticates a caller with it.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertWithout, READABLE } from '../../support/refused-token.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

describe('the token in X-Serverless-Authorization', () => {
  let wire: Wire;
  let platforms: Record<string, string>;
  before(async () => {
    wire = await startWire();
    platforms = { 'x-serverless-authorization': `Bearer ${await wire.token('reader')}` };
  });
  after(() => wire.close());

  it('does not authenticate the caller', async () => {
    for (const path of [READABLE, '/-/whoami'])
      assert.equal((await wire.get(path, { headers: platforms })).status, 401);
  });

  it("does not give the caller extra access, and does not conflict with the caller's own token", async () => {
    assert.equal((await wire.get(READABLE, { as: 'stranger', headers: platforms })).status, 403);
    const stripped = { 'x-serverless-authorization': 'Bearer a.b.SIGNATURE_REMOVED_BY_GOOGLE' };
    assert.equal((await wire.get(READABLE, { as: 'reader', headers: stripped })).status, 200);
  });

  it('is neither logged nor sent to S3', async () => {
    await wire.get(READABLE, { as: 'scoped', headers: platforms });
    await wire.bridge.line(({ caller, status }) => String(caller).startsWith('scoped@') && status === 200);
    assertWithout(await wire.token('reader'), wire.bridge.output());
    const calls = await wire.calls('s3');
    assert.ok(calls.length > 0);
    assert.doesNotMatch(JSON.stringify(calls), /x-serverless-authorization/i);
  });
});
