// Metrics show the outcome of STS calls and the remaining lifetime of the credentials in use, for each role.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startMeasuredWire } from '../../support/metrics.ts';
import type { MeasuredWire } from '../../support/metrics.ts';

const LAKE = 'arn:aws:iam::123456789012:role/gcp-lake-read';
const PARTNER = 'arn:aws:iam::210987654321:role/trusts-another';

describe('STS metrics', () => {
  let wire: MeasuredWire;
  before(async () => {
    wire = await startMeasuredWire({
      config: ({ audience, callers }) => `
audience: ${audience}
aws: { region: eu-west-1 }
roles: { lake: { arn: "${LAKE}", duration: 30m }, partner: { arn: "${PARTNER}" } }
buckets: { acme-lake: { role: lake }, partner-lake: { role: partner } }
grants:
  - { callers: ["project:acme-prod"], allow: [get], bucket: acme-lake }
  - { callers: [${callers.scoped}], allow: [get], bucket: partner-lake }
`,
    });
    await wire.bridge.line(({ message }) => message === 'role partner could not be assumed');
  });
  after(() => wire.close());

  const sts = (role: string, outcome: string): Promise<number> =>
    wire.metric(`fedbridge_sts_calls_total{role="${role}",outcome="${outcome}"}`);
  const remaining = (role: string): Promise<number> =>
    wire.metric(`fedbridge_credentials_remaining_seconds{role="${role}"}`);

  it('count STS results by role', async () => {
    const before = { lake: await sts('lake', 'ok'), partner: await sts('partner', 'sts_denied') };
    assert.deepEqual(before, { lake: 1, partner: 1 }, 'one call for each role, at start');
    assert.equal((await wire.get('/acme-lake/README.txt', { as: 'reader' })).status, 200);
    assert.equal((await wire.get('/acme-lake/README.txt', { as: 'reader' })).status, 200);
    assert.equal((await wire.get('/partner-lake/x', { as: 'scoped' })).status, 502);
    await wire.fault({ upstream: 'sts', fault: 'error', code: 'Throttling' });
    assert.equal((await wire.get('/acme-lake/README.txt', { as: 'scoped' })).status, 503);
    await wire.clearFaults();
    assert.equal(await sts('lake', 'ok'), 2);
    assert.equal(await sts('lake', 'sts_throttled'), 1, 'a retried call counts once');
    assert.equal(await sts('partner', 'sts_denied'), 2);
    assert.equal(await sts('partner', 'ok'), 0);
  });

  it('show the shortest remaining lifetime of the credentials in use for each role', async () => {
    const left = await remaining('lake');
    assert.ok(left > 1_700 && left <= 1_800, `${left} s of 1800`);
    await wire.control('PUT', '/durations', { credentials: 600 });
    assert.equal((await wire.get('/acme-lake/README.txt', { as: 'stranger' })).status, 200);
    const least = await remaining('lake');
    assert.ok(least > 500 && least <= 600, `${least} s of 600`);
    assert.equal(await remaining('partner'), 0, 'no series');
  });
});
