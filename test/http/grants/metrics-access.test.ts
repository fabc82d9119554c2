// Metrics are told to the callers that `operators` names, and to no others, whatever those may read.
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

  it('are told to an operator, who may read no object for that', async () => {
    const reply = await wire.get('/-/metrics', { as: 'stranger' });
    assert.equal(reply.status, 200);
    assert.match(reply.headers['content-type'] ?? '', /^text\/plain/);
    assert.match(reply.text, /^fedbridge_requests_total\{/m);
    assert.equal((await wire.get('/acme-lake/raw/public/orders.csv', { as: 'stranger' })).status, 403);
  });

  it('are not told to anybody else', async () => {
    const reader = await wire.get('/-/metrics', { as: 'reader' });
    assert.equal(reader.status, 403);
    assert.equal(reader.headers['content-type'], 'application/problem+json');
    await assertLogged(wire, reader, 'not_granted');
    const nobody = await wire.get('/-/metrics');
    assert.equal(nobody.status, 401);
    assert.match(nobody.headers['www-authenticate'] ?? '', /^Bearer /);
    for (const { text } of [reader, nobody]) assert.doesNotMatch(text, /fedbridge_requests_total/);
  });

  it('are told to nobody on the port of callers where they have one of their own', async () => {
    const measured = await startMeasuredWire();
    assert.equal((await measured.get('/-/metrics', { as: 'reader' })).status, 403);
    assert.equal(await measured.metric('fedbridge_requests_in_flight'), 0);
    await measured.close();
  });
});
