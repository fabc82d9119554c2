// A caller whose reads always fail, for example at a broken endpoint, does not use up other callers' retries.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { configured } from '../../support/configuration.ts';
import { startStandIn } from '../../support/stand-in.ts';
import { asAccount } from '../../support/sessions-at-sts.ts';
import { refuse } from '../../support/stand-in-wire.ts';
import { startWire } from '../../support/wire.ts';

const FAILING_AT_ONCE = 100;
/** The number of reads that fail once and are retried. Each caller may always take two of the reserved retries at once. */
const TRANSIENT_FAULTS = 2;

it('a read that fails once is retried while every read of another caller fails', async (test) => {
  const failedOnce = new Set<string>();
  const s3 = await startStandIn((request, response) => {
    const { url = '' } = request;
    if (url.includes('broken') || !failedOnce.has(url)) {
      failedOnce.add(url);
      refuse(response, 500, 'InternalError');
    } else response.writeHead(200, { 'content-length': 2, etag: '"e1"' }).end('ok');
  });
  const wire = await startWire({
    config: configured({
      buckets: { 'acme-lake': `role: lake, region: eu-west-1, endpoint: "${s3.origin}"` },
      grants: ['callers: ["project:acme-prod"], allow: [get], bucket: acme-lake'],
    }),
  });
  test.after(async () => {
    await wire.close();
    s3.close();
  });
  const [failing, other] = [asAccount(wire, 1), asAccount(wire, 2)];

  let isOver = false;
  let failed = 0;
  const failAlways = async (): Promise<void> => {
    while (!isOver) {
      assert.equal((await wire.get('/acme-lake/broken', { headers: failing })).status, 500);
      failed += 1;
    }
  };
  const failures = Promise.all(Array.from({ length: FAILING_AT_ONCE }, failAlways));
  const untilBudgetSpent = async (): Promise<void> => {
    const before = failed;
    while (failed < before + 2 * FAILING_AT_ONCE) await setTimeout(5);
  };
  await untilBudgetSpent();
  const statuses: number[] = [];
  for (let i = 0; i < TRANSIENT_FAULTS; i += 1) {
    statuses.push((await wire.get(`/acme-lake/${i}`, { headers: other })).status);
    await untilBudgetSpent();
  }
  isOver = true;
  await failures;
  assert.deepEqual(statuses, [200, 200]);
});
