// With google-auth-library, a developer's Google login can impersonate the bridge's account.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Impersonated } from 'google-auth-library';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { ask, assumed, claimsOf, control, sandboxFor } from './clients.ts';
import { loginOf } from './developer-login.ts';

async function idToken(sandbox: Sandbox, account: string, includeEmail?: boolean): Promise<string> {
  const impersonated = new Impersonated({
    sourceClient: await loginOf(sandbox),
    targetPrincipal: account,
    endpoint: sandbox.contract.googleApis,
  });
  const options = includeEmail === undefined ? undefined : { includeEmail };
  return impersonated.fetchIdToken(sandbox.contract.awsAudience, options);
}

/** Sends a request as curl does, with a valid access token. */
async function generate(sandbox: Sandbox, path: string, body: unknown) {
  const token = (await (await loginOf(sandbox)).getAccessToken()).token ?? '';
  return ask(sandbox.contract.googleApis, `/v1/projects/${path}:generateIdToken`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
}

test("a token obtained by impersonation has the same claims as the metadata server's token, and STS accepts it", async (context) => {
  const sandbox = await sandboxFor(context);
  const { email, uniqueId } = sandbox.contract.serviceAccount;
  for (const account of [email, uniqueId]) {
    const token = await idToken(sandbox, account, false);
    const { aud, azp, sub, iss, email: named } = claimsOf(token);
    assert.deepEqual(
      [aud, azp, sub, iss, named],
      ['fedbridge', uniqueId, uniqueId, 'https://accounts.google.com', undefined],
    );
    await assumed(sandbox, { token });
  }
});

test("a token requested with the defaults of Google's library has an email as azp, so STS rejects it", async (context) => {
  const sandbox = await sandboxFor(context);
  const { email } = sandbox.contract.serviceAccount;
  const token = await idToken(sandbox, email);
  const { azp, email: named, email_verified: verified } = claimsOf(token);
  assert.deepEqual([azp, named, verified], [email, email, true]);
  await assert.rejects(assumed(sandbox, { token }), { name: 'AccessDenied' });
});

test("the token's azp claim remains the unique ID if a request sets only includeEmail", async (context) => {
  const sandbox = await sandboxFor(context);
  const { email, uniqueId } = sandbox.contract.serviceAccount;
  const { text } = await generate(sandbox, `-/serviceAccounts/${email}`, {
    audience: 'a',
    includeEmail: 'true',
  });
  const claims = claimsOf((JSON.parse(text) as { token: string }).token);
  assert.deepEqual([claims['azp'], claims['email']], [uniqueId, email]);
});

test("impersonation of a missing or forbidden service account fails with Google's own errors", async (context) => {
  const sandbox = await sandboxFor(context);
  const { stranger, reader } = sandbox.contract.callers;
  const refusal = async (account: string, body: unknown = { audience: 'a' }, project = '-') => {
    const { status, text } = await generate(sandbox, `${project}/serviceAccounts/${account}`, body);
    const { error } = JSON.parse(text) as { error: { code: number; status: string; message: string } };
    assert.equal(error.code, status);
    return [status, error.status, error.message];
  };
  const denied = "Permission 'iam.serviceAccounts.getOpenIdToken' denied on resource (or it may not exist).";
  assert.deepEqual(await refusal(stranger), [403, 'PERMISSION_DENIED', denied]);
  assert.deepEqual(
    await refusal(reader, { audience: 'a', delegates: [`projects/-/serviceAccounts/${stranger}`] }),
    [403, 'PERMISSION_DENIED', denied],
  );
  assert.deepEqual(await refusal('nobody@acme-prod.iam.gserviceaccount.com'), [
    404,
    'NOT_FOUND',
    'Not found; Gaia id not found for email nobody@acme-prod.iam.gserviceaccount.com',
  ]);
  assert.equal((await refusal('1'))[0], 404);
  assert.equal((await refusal(reader, {}))[1], 'INVALID_ARGUMENT');
  assert.equal((await refusal(reader, [], 'acme-prod'))[1], 'INVALID_ARGUMENT');
});

test('a request to the emulated Google APIs with a missing or expired access token gets a 401', async (context) => {
  const sandbox = await sandboxFor(context);
  const path = `/v1/projects/-/serviceAccounts/${sandbox.contract.callers.reader}:generateIdToken`;
  const bare = await ask(sandbox.contract.googleApis, path, { method: 'POST', body: '{"audience":"a"}' });
  assert.equal(bare.status, 401);
  assert.match(bare.text, /UNAUTHENTICATED/);
  const authorization = `Bearer ${(await (await loginOf(sandbox)).getAccessToken()).token ?? ''}`;
  const again = () =>
    ask(sandbox.contract.googleApis, path, {
      method: 'POST',
      headers: { authorization },
      body: '{"audience":"a"}',
    });
  assert.equal((await again()).status, 200);
  await control(sandbox, 'PUT', '/clock', { upstream: 'certs', offsetSeconds: 3600 });
  assert.equal((await again()).status, 401);
});

test("a fault on one Google API returns errors in that API's format and does not affect the key endpoint", async (context) => {
  const sandbox = await sandboxFor(context);
  const fault = (fields: object) =>
    control(sandbox, 'PUT', '/faults', { upstream: 'certs', fault: 'status', times: 1, ...fields });
  await fault({
    path: '/token',
    status: 400,
    code: 'invalid_grant',
    message: 'reauth related error (invalid_rapt)',
  });
  await fault({
    path: ':generateIdToken',
    status: 403,
    message: 'IAM Service Account Credentials API has not been used',
  });
  assert.equal((await ask(sandbox.contract.certs, new URL(sandbox.contract.certs).pathname)).status, 200);
  const refusal = await ask(sandbox.contract.googleApis, '/token', { method: 'POST', body: '' });
  assert.deepEqual(
    [refusal.status, JSON.parse(refusal.text)],
    [400, { error: 'invalid_grant', error_description: 'reauth related error (invalid_rapt)' }],
  );
  const { status, text } = await generate(sandbox, '-/serviceAccounts/x', { audience: 'a' });
  assert.deepEqual(
    [status, JSON.parse(text)],
    [
      403,
      {
        error: {
          code: 403,
          message: 'IAM Service Account Credentials API has not been used',
          status: 'PERMISSION_DENIED',
        },
      },
    ],
  );
});

test('/calls lists the impersonated accounts, without tokens', async (context) => {
  const sandbox = await sandboxFor(context);
  const { email } = sandbox.contract.serviceAccount;
  await idToken(sandbox, email, false);
  const { certs } = (await control(sandbox, 'GET', '/calls')) as { certs: Record<string, unknown>[] };
  assert.deepEqual(
    certs.map(({ grantType, impersonates, includeEmail }) => [grantType, impersonates, includeEmail]),
    [
      ['refresh_token', undefined, undefined],
      [undefined, email, false],
    ],
  );
  assert.doesNotMatch(JSON.stringify(certs), /ya29|1\/\/|client-secret/);
});
