// For AssumeRoleWithWebIdentity, the sandbox verifies the token and evaluates the trust policy.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { ask, assumed, control, identityToken, sandboxFor, stsClient, type Assumption } from './clients.ts';

/** Asserts that STS responds with this status, and with the error for which the SDK uses this name. */
async function refused(
  sandbox: Sandbox,
  assumption: Assumption,
  name: string,
  status: number,
): Promise<void> {
  await assert.rejects(
    assumed(sandbox, assumption),
    (error: Error & { $metadata?: { httpStatusCode?: number } }) => {
      assert.deepEqual(
        [error.name.replace(/Exception$/, ''), error.$metadata?.httpStatusCode],
        [name, status],
      );
      return true;
    },
  );
}

function claims(sandbox: Sandbox, more: Record<string, unknown> = {}): Record<string, unknown> {
  const { uniqueId } = sandbox.contract.serviceAccount;
  return { aud: sandbox.contract.awsAudience, azp: uniqueId, sub: uniqueId, ...more };
}

test('the credentials from AssumeRoleWithWebIdentity belong to the role and contain the session name', async (context) => {
  const sandbox = await sandboxFor(context);
  const keys = await assumed(sandbox);
  assert.match(keys.accessKeyId, /^ASIA[A-Z2-7]{16}$/);
  const { Arn, Account } = await stsClient(sandbox, keys).send(new GetCallerIdentityCommand({}));
  assert.equal(Arn, 'arn:aws:sts::123456789012:assumed-role/gcp-lake-read/reader@acme-prod');
  assert.equal(Account, '123456789012');
});

test('a forged token gets InvalidIdentityToken', async (context: TestContext) => {
  const sandbox = await sandboxFor(context);
  const forgeries = {
    unsigned: sandbox.mint(claims(sandbox), { alg: 'none' }),
    'signed with the public key': sandbox.mint(claims(sandbox), { alg: 'HS256' }),
    'with an unpublished key ID': sandbox.mint(claims(sandbox), { kid: 'unknown' }),
    'signed by another key': sandbox.mint(claims(sandbox), {}, 'foreign'),
    'from another issuer': sandbox.mint(claims(sandbox, { iss: 'https://evil.example' })),
    'without a subject': sandbox.mint(claims(sandbox, { sub: undefined })),
    malformed: 'eyJh.bm9uc2Vuc2U.x',
  };
  for (const [name, token] of Object.entries(forgeries)) {
    await context.test(name, () => refused(sandbox, { token }, 'InvalidIdentityToken', 400));
  }
});

test('an expired token gets ExpiredTokenException, even in the second in which it expires', async (context) => {
  const sandbox = await sandboxFor(context);
  const exp = Math.floor(Date.now() / 1000);
  await refused(sandbox, { token: sandbox.mint(claims(sandbox, { exp })) }, 'ExpiredToken', 400);
});

test('a token that does not match the trust policy gets AccessDenied, and so does a missing role', async (context) => {
  const sandbox = await sandboxFor(context);
  const { contract } = sandbox;
  const reader = await identityToken(sandbox, contract.callers.reader, contract.awsAudience);
  const denied = (assumption: Assumption) => refused(sandbox, assumption, 'AccessDenied', 403);
  await denied({ token: reader });
  await denied({ token: await identityToken(sandbox, 'default', contract.audience) });
  await denied({ token: sandbox.mint(claims(sandbox, { azp: contract.serviceAccount.email })) });
  await denied({ role: `${contract.role}-not-there` });
  await denied({ role: 'arn:aws:iam::210987654321:role/trusts-another' });
});

test('a token may have an issuer without a scheme, and STS compares the aud claim if the token has no azp claim', async (context) => {
  const sandbox = await sandboxFor(context);
  await assumed(sandbox, { token: sandbox.mint(claims(sandbox, { iss: 'accounts.google.com' })) });
  const { uniqueId } = sandbox.contract.serviceAccount;
  const token = sandbox.mint(claims(sandbox, { azp: undefined }));
  await refused(sandbox, { token }, 'AccessDenied', 403);
  await control(sandbox, 'PUT', '/roles', {
    arn: sandbox.contract.role,
    trust: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Federated: 'accounts.google.com' },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: {
            StringEquals: { 'accounts.google.com:aud': 'fedbridge', 'accounts.google.com:sub': uniqueId },
          },
        },
      ],
    },
    permissions: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 's3:*', Resource: '*' } },
  });
  await assumed(sandbox, { token });
});

test("parameters beyond AWS's limits cause a ValidationError that names each of them", async (context) => {
  const sandbox = await sandboxFor(context);
  await refused(sandbox, { session: 'x' }, 'ValidationError', 400);
  await refused(sandbox, { session: 'a b' }, 'ValidationError', 400);
  await refused(sandbox, { seconds: 899 }, 'ValidationError', 400);
  await refused(sandbox, { seconds: 43_201 }, 'ValidationError', 400);
  await refused(sandbox, { policy: ' '.repeat(2049) }, 'ValidationError', 400);
  await refused(
    sandbox,
    { policy: '{"Version":"2012-10-17","Statement":[{"é":"日本"}]}' },
    'ValidationError',
    400,
  );
  await refused(sandbox, { policy: '{"Version":"2012-10-17"}' }, 'MalformedPolicyDocument', 400);
  await assert.rejects(
    assumed(sandbox, { session: 'x', role: 'short' }),
    /2 validation errors detected: .*roleArn.*roleSessionName/,
  );
});

test("STS errors have AWS's XML format", async (context) => {
  const { contract } = await sandboxFor(context);
  const body = 'Action=GetCallerIdentity&Version=2011-06-15';
  const { status, headers, text } = await ask(contract.sts, '/', { method: 'POST', body });
  assert.equal(status, 403);
  assert.equal(headers['content-type'], 'text/xml');
  assert.match(
    text,
    /<ErrorResponse xmlns="https:\/\/sts.amazonaws.com\/doc\/2011-06-15\/"><Error><Type>Sender<\/Type><Code>MissingAuthenticationToken</,
  );
  assert.ok(text.includes(`<RequestId>${String(headers['x-amzn-requestid'])}</RequestId>`));
  assert.match((await ask(contract.sts, '/?Action=Nothing&Version=2011-06-15')).text, /<Code>InvalidAction</);
});
