// If one partner's trust policy is wrong, the bridge stays ready and the buckets of other roles stay readable.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

describe('a bridge with a role that does not trust it', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({
      config: ({ audience, role, callers }) => `
audience: ${audience}
aws: { region: eu-west-1 }
roles:
  partner: { arn: "arn:aws:iam::210987654321:role/trusts-another" }
  lake: { arn: "${role}" }
buckets: { partner-lake: { role: partner }, acme-lake: { role: lake } }
grants:
  - { callers: [${callers.reader}], allow: [get], bucket: partner-lake }
  - { callers: [${callers.reader}], allow: [get], bucket: acme-lake }
`,
    });
  });
  after(() => wire.close());

  it('is ready, and serves reads that use a different role', async () => {
    await wire.bridge.line(({ message }) => message === 'role partner could not be assumed');
    assert.equal((await wire.get('/acme-lake/README.txt', { as: 'reader' })).status, 200);
    assert.equal((await wire.get('/partner-lake/x', { as: 'reader' })).status, 502);
    assert.equal((await wire.get('/-/ready')).status, 200);
    assert.equal((await wire.get('/acme-lake/README.txt', { as: 'reader' })).status, 200);
  });
});
