// A condition on a claim allows a token with a matching claim, and denies a token that lacks the claim, as many
// Google tokens do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { ask, assumed, claimsOf, control, identityToken, sandboxFor } from './clients.ts';
import { loginOf } from './developer-login.ts';

const GOOGLE = 'accounts.google.com';

/** Adds conditions and, optionally, a Deny statement to the trust policy of the sandbox's role. */
async function trust(sandbox: Sandbox, conditions: object, denied?: object): Promise<void> {
  const { role, serviceAccount } = sandbox.contract;
  const statement = {
    Effect: 'Allow',
    Principal: { Federated: GOOGLE },
    Action: 'sts:AssumeRoleWithWebIdentity',
  };
  const pinned = { StringEquals: { [`${GOOGLE}:sub`]: serviceAccount.uniqueId } };
  const allow = { ...statement, Condition: { ...pinned, ...conditions } };
  await control(sandbox, 'PUT', '/roles', {
    arn: role,
    trust: {
      Version: '2012-10-17',
      Statement:
        denied === undefined ? [allow] : [allow, { ...statement, Effect: 'Deny', Condition: denied }],
    },
    permissions: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 's3:*', Resource: '*' } },
  });
}

const minted = (sandbox: Sandbox, more: Record<string, unknown>): string => {
  const { awsAudience, serviceAccount } = sandbox.contract;
  const { uniqueId } = serviceAccount;
  return sandbox.mint({ aud: awsAudience, azp: uniqueId, sub: uniqueId, ...more });
};

const denied = (sandbox: Sandbox, token: string): Promise<void> =>
  assert.rejects(assumed(sandbox, { token }), { name: 'AccessDenied' });

/** A token from the IAM Credentials API for the bridge's account. */
async function generated(sandbox: Sandbox, fields: object): Promise<string> {
  const { googleApis, awsAudience, serviceAccount } = sandbox.contract;
  const login = (await (await loginOf(sandbox)).getAccessToken()).token ?? '';
  const path = `/v1/projects/-/serviceAccounts/${serviceAccount.email}:generateIdToken`;
  const { text } = await ask(googleApis, path, {
    method: 'POST',
    headers: { authorization: `Bearer ${login}` },
    body: JSON.stringify({ audience: awsAudience, ...fields }),
  });
  return (JSON.parse(text) as { token: string }).token;
}

test("STS compares :email with the token's email, which is missing from tokens in the standard format", async (context) => {
  const sandbox = await sandboxFor(context);
  const { awsAudience, serviceAccount } = sandbox.contract;
  const full = await identityToken(sandbox, 'default', awsAudience, 'full');
  const standard = await identityToken(sandbox, 'default', awsAudience, 'standard');
  const email = { [`${GOOGLE}:email`]: serviceAccount.email };
  await trust(sandbox, { StringLike: email });
  await assumed(sandbox, { token: full });
  await denied(sandbox, standard);
  await trust(sandbox, { StringLike: { [`${GOOGLE}:email`]: 'another@acme-prod.iam.gserviceaccount.com' } });
  await denied(sandbox, full);
  await trust(sandbox, {}, { StringNotEquals: email });
  await assumed(sandbox, { token: full });
  await denied(sandbox, standard);
});

test("STS compares :amr with each of the token's authentication methods", async (context) => {
  const sandbox = await sandboxFor(context);
  await trust(sandbox, { 'ForAnyValue:StringEquals': { [`${GOOGLE}:amr`]: 'mfa' } });
  await assumed(sandbox, { token: minted(sandbox, { amr: ['pwd', 'mfa'] }) });
  await denied(sandbox, minted(sandbox, { amr: ['pwd'] }));
  await denied(sandbox, minted(sandbox, { amr: [] }));
  await denied(sandbox, minted(sandbox, {}));
});

test('STS compares :google/organization_number with the number that generateIdToken includes on request', async (context) => {
  const sandbox = await sandboxFor(context);
  const included = await generated(sandbox, { organizationNumberIncluded: true });
  const { organization_number: number } = claimsOf(included)['google'] as { organization_number: number };
  assert.equal(typeof number, 'number');
  const key = `${GOOGLE}:google/organization_number`;
  await trust(sandbox, { NumericEquals: { [key]: number } });
  await assumed(sandbox, { token: included });
  await denied(sandbox, await generated(sandbox, {}));
  await denied(sandbox, await identityToken(sandbox, 'default', sandbox.contract.awsAudience, 'full'));
  await denied(sandbox, minted(sandbox, { google: { organization_number: null } }));
  await trust(sandbox, { NumericEquals: { [key]: number + 1 } });
  await denied(sandbox, included);
});
