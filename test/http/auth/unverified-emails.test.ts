// An e-mail counts only where Google says that it is verified; the rest of the token goes on counting.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WITHOUT_EMAIL } from '../../../src/observability/log-fields.ts';
import { googleClaims } from '../../support/google-claims.ts';
import { assertLogged, READABLE } from '../../support/refused-token.ts';
import { asBearer } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

describe('an e-mail', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire();
    const verified = asBearer(wire.sandbox.mint(googleClaims(wire, 'reader')));
    assert.equal((await wire.get(READABLE, { headers: verified })).status, 200);
  });
  after(() => wire.close());

  for (const verified of [false, undefined, null, 'true', 1, ['true']]) {
    it(`grants nothing where email_verified is ${verified === undefined ? 'missing' : JSON.stringify(verified)}`, async () => {
      const headers = asBearer(wire.sandbox.mint(googleClaims(wire, 'reader', { email_verified: verified })));
      const reply = await wire.get(READABLE, { headers });
      assert.deepEqual([reply.status, reply.code], [403, 'AccessDenied']);
      assert.equal(reply.headers['x-fedbridge-error'], 'not_granted');
      const line = await assertLogged(wire, reply, 'not_granted', WITHOUT_EMAIL);
      assert.equal(line['caller'], undefined, 'the log does not name by it either');
      const self = JSON.parse((await wire.get('/-/whoami', { headers })).text) as Record<string, unknown>;
      assert.deepEqual([self['email'], self['uniqueId']], [null, '112010400000000710080']);
    });
  }

  it('grants nothing where it is not a text', async () => {
    for (const email of [['reader@acme-prod.iam.gserviceaccount.com'], {}, 7, null, '']) {
      const headers = asBearer(wire.sandbox.mint(googleClaims(wire, 'reader', { email })));
      assert.equal((await wire.get(READABLE, { headers })).status, 403);
    }
  });
});
