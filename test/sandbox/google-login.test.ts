// google-auth-library exchanges a developer's Google login for access tokens.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { GoogleAuth } from 'google-auth-library';
import { ask, control, sandboxFor } from './clients.ts';
import { loginOf, type Login } from './developer-login.ts';

test("google-auth-library accepts the credentials file that the sandbox's control port serves at /adc", async (context) => {
  const sandbox = await sandboxFor(context);
  const directory = mkdtempSync(join(tmpdir(), 'fedbridge-adc-'));
  context.after(() => {
    rmSync(directory, { recursive: true });
  });
  const keyFile = join(directory, 'adc.json');
  writeFileSync(keyFile, JSON.stringify(await control(sandbox, 'GET', '/adc')));
  const endpoints = { oauth2TokenUrl: `${sandbox.contract.googleApis}/token` };
  const client = await new GoogleAuth({ keyFile, clientOptions: { endpoints } }).getClient();
  assert.equal(client.quotaProjectId, 'acme-prod');
  assert.match((await client.getAccessToken()).token ?? '', /^ya29\./);
});

test('an expired Google login, or a login of another client, gets no access token', async (context) => {
  const sandbox = await sandboxFor(context);
  const refusal = async (changed: Partial<Login>) => {
    const client = await loginOf(sandbox, changed);
    try {
      await client.getAccessToken();
    } catch (error) {
      const { response } = error as { response?: { status: number; data: Record<string, string> } };
      return [response?.status, response?.data['error']];
    }
    return [];
  };
  assert.deepEqual(await refusal({ refresh_token: '1//other' }), [400, 'invalid_grant']);
  assert.deepEqual(await refusal({ client_secret: 'other' }), [401, 'invalid_client']);
  assert.deepEqual(await refusal({ client_id: 'other' }), [401, 'invalid_client']);
  const { status, text } = await ask(sandbox.contract.googleApis, '/token', {
    method: 'POST',
    body: 'grant_type=password',
  });
  assert.deepEqual([status, (JSON.parse(text) as { error: string }).error], [400, 'unsupported_grant_type']);
});
