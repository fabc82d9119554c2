// The emulated Kubernetes cluster publishes its keys as a real cluster does, and the control API issues the cluster's tokens.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLocalJWKSet, jwtVerify } from 'jose';
import type { JSONWebKeySet } from 'jose';
import { request } from '../support/http-request.ts';
import { control, sandboxFor } from './clients.ts';

test("the emulated cluster signs service accounts' tokens with a key that its discovery document refers to", async (context) => {
  const sandbox = await sandboxFor(context);
  const { issuer, audience } = sandbox.contract;
  const { text } = await request(issuer, '/.well-known/openid-configuration');
  const { jwks_uri: uri, issuer: named } = JSON.parse(text) as { jwks_uri: string; issuer: string };
  assert.deepEqual([named, new URL(uri).origin], [issuer, issuer]);
  const keys = JSON.parse((await request(issuer, new URL(uri).pathname)).text) as JSONWebKeySet;
  const body = { caller: 'cluster:analytics/etl', claims: { extra: 1 } };
  const { token } = (await control(sandbox, 'POST', '/issuer-tokens', body)) as { token: string };
  const { payload } = await jwtVerify(token, createLocalJWKSet(keys), {
    issuer,
    audience,
    algorithms: ['ES256'],
  });
  assert.deepEqual(
    [payload.sub, payload['extra'], Number(payload.exp) - Number(payload.iat)],
    ['system:serviceaccount:analytics:etl', 1, 3600],
  );
  assert.equal((await request(issuer, '/other')).status, 404);
});

test('the error response of /issuer-tokens names the mistake in the request', async (context) => {
  const { contract } = await sandboxFor(context);
  const headers = { 'content-type': 'application/json' };
  const errorFor = async (body: unknown): Promise<string> => {
    const reply = await request(contract.control, '/issuer-tokens', {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    assert.equal(reply.status, 400);
    return (JSON.parse(reply.text) as { error: string }).error;
  };
  assert.match(await errorFor({}), /"caller" must be a non-empty string/);
  assert.match(
    await errorFor({ caller: 'eks:a/b' }),
    /"caller" must be ISSUER:SUBJECT with one of the issuers cluster/,
  );
  assert.match(
    await errorFor({ caller: 'cluster:etl' }),
    /"caller" must be ISSUER:NAMESPACE\/SERVICEACCOUNT/,
  );
  assert.match(await errorFor({ caller: 'cluster:a/b', subject: 'x' }), /"subject" is not a field/);
});
