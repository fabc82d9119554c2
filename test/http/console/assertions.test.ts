// The console accepts only assertions from Identity-Aware Proxy, and only they can identify a person. The console accepts no
// tokens, and the bridge accepts no assertions.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { googleClaims } from '../../support/google-claims.ts';
import type { Reply } from '../../support/http-request.ts';
import { asPerson, claimsOf, FROM_PAGE, withAssertion } from '../../support/people.ts';
import { assertWithout } from '../../support/refused-token.ts';
import { asBearer } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const OBJECT = '/-/object?bucket=acme-lake&key=raw/public/orders.csv';
const READER = 'reader@acme.example';

describe('assertions from Identity-Aware Proxy', () => {
  let wire: Wire;
  before(async () => (wire = await startWire({ console: true })));
  after(() => wire.close());

  const mint: Wire['sandbox']['mintAssertion'] = (...given) => wire.sandbox.mintAssertion(...given);
  const claims = (changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> =>
    claimsOf(wire.sandbox, READER, changes);
  const read = (assertion: string): Promise<Reply> => wire.get(OBJECT, { headers: withAssertion(assertion) });

  const assertInvalid = async (assertion: string, check: string): Promise<void> => {
    const reply = await read(assertion);
    assert.equal(reply.status, 401, reply.text);
    assert.equal(reply.headers['x-fedbridge-error'], 'unauthenticated');
    assert.match(reply.text, /assertion from Identity-Aware Proxy is not valid/);
    const line = await wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);
    assert.equal(line['fault'], 'assertion_invalid');
    assert.equal((line['cause'] as Record<string, unknown>)['check'], check);
    assertWithout(assertion, wire.bridge.output());
    assertWithout(assertion, reply.text);
  };

  it('let a person read what the grants for user:EMAIL cover, and identify the person in the log and the session name', async () => {
    await wire.forgetCalls();
    const reply = await wire.get(OBJECT, { headers: asPerson(wire.sandbox, 'reader') });
    assert.equal(reply.status, 200, reply.text);
    assert.match(reply.text, /^id,item,quantity\n/);
    const line = await wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);
    assert.deepEqual(
      [line['caller'], line['callerId'], line['sessionName']],
      [undefined, `user:${READER}`, `user=${READER}`],
    );
  });

  it('match a grant regardless of the letter case of the email', async () => {
    assert.equal((await read(mint(claims({ email: 'READER@Acme.Example' })))).status, 200);
  });

  it('are rejected if they have the wrong audience or issuer, are expired or are not yet valid', async () => {
    const now = Math.floor(Date.now() / 1000);
    await assertInvalid(
      mint(claims({ aud: '/projects/1/locations/x/services/y' })),
      'token_audience_invalid',
    );
    await assertInvalid(mint(claims({ aud: undefined })), 'token_audience_invalid');
    await assertInvalid(mint(claims({ iss: 'https://accounts.google.com' })), 'token_issuer_invalid');
    await assertInvalid(mint(claims({ iat: now - 900, exp: now - 300 })), 'token_expired');
    await assertInvalid(mint(claims({ iat: now + 300, exp: now + 900 })), 'token_not_yet_valid');
    await assertInvalid(mint(claims({ exp: undefined })), 'token_claims_invalid');
  });

  it('are rejected if they are forged or malformed', async () => {
    const genuine = mint(claims());
    assert.equal((await read(genuine)).status, 200);
    const [header = '', payload = '', signature = ''] = genuine.split('.');
    const flipped = Buffer.from(signature, 'base64url');
    flipped[0] = (flipped[0] ?? 0) ^ 1;
    await assertInvalid(`${header}.${payload}.${flipped.toString('base64url')}`, 'token_signature_invalid');
    const other = mint(claims({ email: 'operator@acme.example' })).split('.')[1] ?? '';
    await assertInvalid(`${header}.${other}.${signature}`, 'token_signature_invalid');
    await assertInvalid(mint(claims(), { alg: 'none' }), 'token_algorithm_invalid');
    await assertInvalid(mint(claims(), { alg: 'HS256' }), 'token_algorithm_invalid');
    await assertInvalid(mint(claims(), {}, 'foreign'), 'token_algorithm_invalid');
    await assertInvalid(mint(claims(), { kid: 'unknown' }), 'token_key_unknown');
    await assertInvalid('not an assertion', 'token_malformed');
  });

  it('are rejected if the person did not sign in with a Google account, or has no email', async () => {
    for (const changes of [
      { sub: 'securetoken.google.com/acme/tenant:1042' },
      { sub: '1042' },
      { sub: 'accounts.google.com:' },
      { sub: undefined },
      { email: undefined },
      { email: ['reader@acme.example'] },
      { email: 'reader@acme.example#1042' },
    ])
      await assertInvalid(mint(claims(changes)), 'token_claims_invalid');
  });

  it('cannot be replaced by an unsigned header or an ID token', async () => {
    const token = wire.sandbox.mint(googleClaims(wire, 'reader'));
    const unsigned = { 'x-goog-authenticated-user-email': `accounts.google.com:${READER}` };
    for (const headers of [{}, unsigned, asBearer(token)]) {
      const reply = await wire.get(OBJECT, { headers: { ...FROM_PAGE, ...headers } });
      assert.equal(reply.status, 401, reply.text);
      assert.match(reply.text, /did not come through Identity-Aware Proxy/);
    }
    await assertInvalid(token, 'token_algorithm_invalid');
  });

  it('do not give a service account access, even if a grant names its email', async () => {
    const { email } = wire.sandbox.contract.serviceAccount;
    const reader = wire.sandbox.contract.callers.reader;
    for (const named of [email, reader]) {
      const reply = await read(mint(claimsOf(wire.sandbox, named)));
      assert.equal(reply.status, 403, reply.text);
    }
  });
});

describe('the bridge', () => {
  let wire: Wire;
  before(async () => (wire = await startWire()));
  after(() => wire.close());

  it('rejects assertions from Identity-Aware Proxy, whatever header contains them', async () => {
    const assertion = wire.sandbox.mintAssertion(claimsOf(wire.sandbox, READER));
    for (const headers of [asBearer(assertion), withAssertion(assertion)]) {
      const reply = await wire.get('/acme-lake/raw/public/orders.csv', { headers });
      assert.equal(reply.status, 401, reply.text);
    }
  });

  it('never treats a caller with an ID token as a person', async () => {
    const claims = googleClaims(wire, 'stranger', { email: READER, email_verified: true });
    const headers = asBearer(wire.sandbox.mint(claims));
    assert.equal((await wire.get('/acme-lake/raw/public/orders.csv', { headers })).status, 403);
    const asSubject = asBearer(wire.sandbox.mint({ ...claims, sub: `user:${READER}` }));
    assert.equal((await wire.get('/acme-lake/raw/public/orders.csv', { headers: asSubject })).status, 401);
  });
});
