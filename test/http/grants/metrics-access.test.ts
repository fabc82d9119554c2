// Only callers in `operators` may read the metrics. The right to read objects does not include reading the metrics.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertLogged } from '../../support/refused-token.ts';
import { startMeasuredWire } from '../../support/metrics.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

describe('metrics', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({
      config: ({ audience, role, callers }) => `
audience: ${audience}
aws: { region: eu-west-1 }
roles: { lake: { arn: "${role}" } }
buckets: { acme-lake: { role: lake } }
operators: [${callers.stranger}]
grants:
  - { callers: [${callers.reader}], allow: [get, list], bucket: acme-lake }
`,
    });
  });
  after(() => wire.close());

  it('are served to an operator that has no access to objects', async () => {
    const reply = await wire.get('/-/metrics', { as: 'stranger' });
    assert.equal(reply.status, 200);
    assert.match(reply.headers['content-type'] ?? '', /^text\/plain/);
    assert.match(reply.text, /^fedbridge_requests_total\{/m);
    assert.equal((await wire.get('/acme-lake/raw/public/orders.csv', { as: 'stranger' })).status, 403);
  });

  it('are denied to callers that are not operators', async () => {
    const reader = await wire.get('/-/metrics', { as: 'reader' });
    assert.equal(reader.status, 403);
    assert.equal(reader.headers['content-type'], 'application/problem+json');
    await assertLogged(wire, reader, 'not_granted');
    const anonymous = await wire.get('/-/metrics');
    assert.equal(anonymous.status, 401);
    assert.match(anonymous.headers['www-authenticate'] ?? '', /^Bearer /);
    for (const { text } of [reader, anonymous]) assert.doesNotMatch(text, /fedbridge_requests_total/);
  });

  it('are denied on the main port if they have a separate port', async () => {
    const measured = await startMeasuredWire();
    assert.equal((await measured.get('/-/metrics', { as: 'reader' })).status, 403);
    assert.equal(await measured.metric('fedbridge_requests_in_flight'), 0);
    await measured.close();
  });
});
