// An email claim is used only if email_verified is true; otherwise the token identifies the caller by its unique ID.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WITHOUT_EMAIL } from '../../../src/observability/log-fields.ts';
import { googleClaims } from '../../support/google-claims.ts';
import { assertLogged, READABLE } from '../../support/refused-token.ts';
import { asBearer } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

describe('an email claim', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire();
    const verified = asBearer(wire.sandbox.mint(googleClaims(wire, 'reader')));
    assert.equal((await wire.get(READABLE, { headers: verified })).status, 200);
  });
  after(() => wire.close());

  for (const verified of [false, undefined, null, 'true', 1, ['true']]) {
    it(`gives no access if email_verified is ${verified === undefined ? 'missing' : JSON.stringify(verified)}`, async () => {
      const headers = asBearer(wire.sandbox.mint(googleClaims(wire, 'reader', { email_verified: verified })));
      const reply = await wire.get(READABLE, { headers });
      assert.deepEqual([reply.status, reply.code], [403, 'AccessDenied']);
      assert.equal(reply.headers['x-fedbridge-error'], 'not_granted');
      const line = await assertLogged(wire, reply, 'not_granted', WITHOUT_EMAIL);
      assert.equal(line['caller'], undefined, 'the log does not name the caller by email either');
      const self = JSON.parse((await wire.get('/-/whoami', { headers })).text) as Record<string, unknown>;
      assert.deepEqual([self['email'], self['uniqueId']], [null, '112010400000000710080']);
    });
  }

  it('gives no access if it is empty or not a string', async () => {
    for (const email of [['reader@acme-prod.iam.gserviceaccount.com'], {}, 7, null, '']) {
      const headers = asBearer(wire.sandbox.mint(googleClaims(wire, 'reader', { email })));
      assert.equal((await wire.get(READABLE, { headers })).status, 403);
    }
  });
});
