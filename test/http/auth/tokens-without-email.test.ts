// A standard-format token, which has no e-mail, is good for a grant to the unique ID and for no other.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { READABLE } from '../../support/refused-token.ts';
import { asBearer } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { CallerName, Wire } from '../../support/wire.ts';

describe('a token without an e-mail', () => {
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

  it('reads by a grant to the unique ID', async () => {
    const headers = await standard('reader');
    assert.equal((await wire.get(READABLE, { headers })).status, 200);
    const self = JSON.parse((await wire.get('/-/whoami', { headers })).text) as Record<string, unknown>;
    assert.equal(self['email'], null);
    assert.equal(self['sessionName'], '112010400000000710080');
  });

  it('reads nothing by a grant to the e-mail, to both or to the project', async () => {
    const reply = await wire.get(READABLE, { headers: await standard('scoped') });
    assert.equal(reply.status, 403);
    const id = reply.headers['x-request-id'];
    const line = await wire.bridge.line(({ requestId }) => requestId === id);
    assert.equal(line['fault'], 'not_granted');
    assert.equal(line['callerId'], '113020500000000820091');
    assert.match(String(line['remedy']), /no verified e-mail.*format=full/);
    assert.equal((await wire.get(READABLE, { as: 'scoped' })).status, 200, 'which its full token does');
  });
});
