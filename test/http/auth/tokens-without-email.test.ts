// A standard-format token has no email, so it matches only grants that name the caller's unique ID.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { READABLE } from '../../support/refused-token.ts';
import { asBearer } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { CallerName, Wire } from '../../support/wire.ts';

describe('a token without an email', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({
      config: ({ audience, role, callers }) => `
audience: ${audience}
aws: { region: eu-west-1 }
roles: { lake: { arn: "${role}" } }
buckets: { acme-lake: { role: lake } }
grants:
  - { callers: ["112010400000000710080"], allow: [get], bucket: acme-lake }
  - callers: [${callers.scoped}, "${callers.scoped}#113020500000000820091", "project:acme-prod"]
    allow: [get]
    bucket: acme-lake
`,
    });
  });
  after(() => wire.close());

  const standard = async (caller: CallerName): Promise<Record<string, string>> =>
    asBearer(await wire.token(caller, { format: 'standard' }));

  it("gives access if a grant names the caller's unique ID", async () => {
    const headers = await standard('reader');
    assert.equal((await wire.get(READABLE, { headers })).status, 200);
    const self = JSON.parse((await wire.get('/-/whoami', { headers })).text) as Record<string, unknown>;
    assert.equal(self['email'], null);
    assert.equal(self['sessionName'], '112010400000000710080');
  });

  it('gives no access if the grant names an email, an email and an ID, or a project', async () => {
    const reply = await wire.get(READABLE, { headers: await standard('scoped') });
    assert.equal(reply.status, 403);
    const id = reply.headers['x-request-id'];
    const line = await wire.bridge.line(({ requestId }) => requestId === id);
    assert.equal(line['fault'], 'not_granted');
    assert.equal(line['callerId'], '113020500000000820091');
    assert.match(String(line['remedy']), /no verified email.*format=full/);
    assert.equal(
      (await wire.get(READABLE, { as: 'scoped' })).status,
      200,
      'the full token of the same caller reads it',
    );
  });
});
