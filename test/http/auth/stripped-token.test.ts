// If Cloud Run's invoker check removed a token's signature, the bridge rejects it with a specific fault code and a remedy.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertLogged, assertRefused, READABLE } from '../../support/refused-token.ts';
import { asBearer } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const STRIPPED = {
  fault: 'token_signature_removed',
  says: /Cloud Run.{1,5}s invoker check removed/,
} as const;

describe('a token whose signature Cloud Run removed', () => {
  let wire: Wire;
  let stripped: string;
  before(async () => {
    wire = await startWire();
    const [header = '', claims = ''] = (await wire.token('reader')).split('.');
    stripped = `${header}.${claims}.SIGNATURE_REMOVED_BY_GOOGLE`;
  });
  after(() => wire.close());

  it('is rejected, even if the genuine token is cached', async () => {
    await assertRefused(wire, stripped, STRIPPED);
    assert.equal((await wire.get(READABLE, { as: 'reader' })).status, 200);
    await assertRefused(wire, stripped, STRIPPED);
  });

  it('is logged with a remedy that names X-Serverless-Authorization and invoker_iam_disabled', async () => {
    const reply = await wire.get(READABLE, { headers: asBearer(stripped) });
    const { remedy } = await assertLogged(wire, reply, 'token_signature_removed');
    assert.match(String(remedy), /X-Serverless-Authorization/);
    assert.match(String(remedy), /invoker_iam_disabled/);
  });
});
