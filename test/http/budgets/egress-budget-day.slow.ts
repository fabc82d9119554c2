// An egress budget is reset at 00:00 UTC, but not by a reload of the configuration.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { request } from '../../support/http-request.ts';
import { startReloading } from '../../support/reloading.ts';
import type { ReloadingWire } from '../../support/reloading.ts';
import { asTimelessAccount } from '../../support/faked-clock.ts';
import { openToProject } from '../../support/sessions-at-sts.ts';

const budget = (bytesPerDay: string): ReturnType<typeof openToProject> =>
  openToProject(`budgets: [{ callers: ["project:acme-prod"], bytesPerDay: ${bytesPerDay} }]`);

describe('an egress budget', () => {
  let wire: ReloadingWire;
  const read = async (account: number): Promise<number> =>
    (await request(wire.bridge.url, '/acme-lake/100k.bin', { headers: asTimelessAccount(wire, account) }))
      .status;
  const remaining = async (account: number): Promise<number | undefined> => {
    const { text } = await request(wire.bridge.url, '/-/whoami', {
      headers: asTimelessAccount(wire, account),
    });
    return (JSON.parse(text) as { egressBudget?: { remainingBytes: number } }).egressBudget?.remainingBytes;
  };
  const reload = (config: ReturnType<typeof openToProject>) => wire.reload(config(wire.sandbox.contract));
  before(async () => {
    wire = await startReloading(budget('250KB'));
    await wire.put('100k.bin', Buffer.alloc(100_000, 'k'));
  });
  after(() => wire.close());

  it('is not reset by a reload of the configuration', async () => {
    assert.deepEqual([await read(1), await read(1), await read(1)], [200, 200, 403]);
    await reload(budget('350KB'));
    assert.equal(await remaining(1), 150_000);
    assert.deepEqual([await read(1), await read(1)], [200, 403]);
    await reload(openToProject());
    assert.equal(await remaining(1), undefined);
    assert.equal(await read(1), 200, 'without budgets, nothing is denied');
    await reload(budget('350KB'));
    assert.equal(await remaining(1), 50_000);
    await reload(budget('100KB'));
    assert.equal(await remaining(1), 0, 'a lower limit applies at once');
    assert.equal(await read(1), 403);
    await reload(budget('250KB'));
  });

  it('has its new limit in the metrics immediately after a reload', async () => {
    assert.equal(await read(3), 200);
    const caller = 'job-3@acme-prod.iam.gserviceaccount.com';
    const limit = (): Promise<number> => wire.metric(`fedbridge_egress_budget_bytes{caller="${caller}"}`);
    const before = await limit();
    await reload(budget('350KB'));
    const raised = await limit();
    await reload(openToProject());
    const without = await limit();
    await reload(budget('250KB'));
    assert.deepEqual([before, raised, without, await limit()], [250_000, 350_000, 0, 250_000]);
  });

  it('is reset at 00:00 UTC', async () => {
    assert.deepEqual([await read(2), await read(2), await read(2)], [200, 200, 403]);
    const now = Date.now();
    const midnight = Math.ceil(now / 86_400_000) * 86_400_000;
    const seconds = Math.floor((midnight - now) / 1000) - 60;
    // Just before midnight, nothing changes.
    await wire.passed(Math.max(0, seconds));
    assert.equal(await read(2), 403);
    await wire.passed(seconds + 62);
    assert.equal(await remaining(2), 250_000);
    assert.deepEqual([await read(2), await read(2), await read(2)], [200, 200, 403]);
  });
});
