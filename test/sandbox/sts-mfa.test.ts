// A developer assumes a role with long-term keys and an MFA code, and a second role with the first role's session.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  AssumeRoleCommand,
  GetCallerIdentityCommand,
  type AssumeRoleCommandInput,
} from '@aws-sdk/client-sts';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { createMfaDevice } from '../../src/sandbox/iam/mfa-device.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { control, keysOf, s3Client, sandboxFor, stsClient, type Keys } from './clients.ts';

const DEVELOPER = 'arn:aws:iam::123456789012:role/developer';
const LAPTOP = 'arn:aws:iam::123456789012:role/lake-from-laptop';

const codeOf = async (sandbox: Sandbox) => ((await control(sandbox, 'GET', '/mfa')) as { code: string }).code;

async function assume(sandbox: Sandbox, keys: Keys, more: Partial<AssumeRoleCommandInput>): Promise<Keys> {
  const command = new AssumeRoleCommand({ RoleArn: DEVELOPER, RoleSessionName: 'developer', ...more });
  return keysOf((await stsClient(sandbox, keys).send(command)).Credentials);
}

async function refused(promise: Promise<unknown>, name: string, status: number, message: RegExp) {
  await assert.rejects(promise, (error: Error & { $metadata?: { httpStatusCode?: number } }) => {
    assert.deepEqual([error.name, error.$metadata?.httpStatusCode], [name, status]);
    assert.match(error.message, message);
    return true;
  });
}

test('the developer can use the current MFA code to assume two roles in turn and read an object', async (context) => {
  const sandbox = await sandboxFor(context);
  const { mfaSerial: SerialNumber, ...keys } = sandbox.contract.developer;
  const identity = async (of: Keys) => stsClient(sandbox, of).send(new GetCallerIdentityCommand({}));
  assert.equal((await identity(keys)).Arn, 'arn:aws:iam::123456789012:user/developer');
  const first = await assume(sandbox, keys, { SerialNumber, TokenCode: await codeOf(sandbox) });
  assert.equal((await identity(first)).Arn, 'arn:aws:sts::123456789012:assumed-role/developer/developer');
  const second = await assume(sandbox, first, {
    RoleArn: LAPTOP,
    Tags: [{ Key: 'team', Value: 'data' }],
    SourceIdentity: 'developer',
  });
  assert.equal(
    (await identity(second)).Arn,
    'arn:aws:sts::123456789012:assumed-role/lake-from-laptop/developer',
  );
  const list = new ListObjectsV2Command({ Bucket: sandbox.contract.bucket });
  assert.ok(((await s3Client(sandbox, second).send(list)).KeyCount ?? 0) > 0);
  await assert.rejects(s3Client(sandbox, first).send(list), { name: 'AccessDenied' });
});

test("AssumeRole with a missing, malformed or wrong MFA code or device serial number gets AWS's own error", async (context) => {
  const sandbox = await sandboxFor(context);
  const { mfaSerial: SerialNumber, ...keys } = sandbox.contract.developer;
  const code = await codeOf(sandbox);
  const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, '0');
  const attempt = (more: Partial<AssumeRoleCommandInput>) => assume(sandbox, keys, more);
  await refused(
    attempt({}),
    'AccessDenied',
    403,
    /user\/developer is not authorized to perform: sts:AssumeRole/,
  );
  await refused(
    attempt({ SerialNumber, TokenCode: wrong }),
    'AccessDenied',
    403,
    /^MultiFactorAuthentication failed with invalid MFA one time pass code\. ?$/,
  );
  await refused(
    attempt({ SerialNumber: `${SerialNumber}s`, TokenCode: code }),
    'AccessDenied',
    403,
    /^MultiFactorAuthentication failed, unable to validate MFA code\. {1,2}Please verify your MFA serial number/,
  );
  await refused(attempt({ TokenCode: code }), 'ValidationError', 400, /must provide both/);
  for (const TokenCode of ['12345', '1234567', '12345x'])
    await refused(attempt({ SerialNumber, TokenCode }), 'ValidationError', 400, /at 'tokenCode' failed/);
  await refused(
    attempt({ SerialNumber: 'arn:x y z', TokenCode: code }),
    'ValidationError',
    400,
    /serialNumber/,
  );
  await attempt({ SerialNumber, TokenCode: code });
});

test('an MFA code works only once, and the next code is different', async (context) => {
  const sandbox = await sandboxFor(context);
  const { mfaSerial: SerialNumber, ...keys } = sandbox.contract.developer;
  const TokenCode = await codeOf(sandbox);
  await assume(sandbox, keys, { SerialNumber, TokenCode });
  await refused(assume(sandbox, keys, { SerialNumber, TokenCode }), 'AccessDenied', 403, /invalid MFA/);
  await assume(sandbox, keys, { SerialNumber, TokenCode: await codeOf(sandbox) });
});

test('MFA codes follow RFC 6238, and codes for the previous and the next time step are accepted', () => {
  const seed = Buffer.from('12345678901234567890');
  const device = () => createMfaDevice('arn:aws:iam::123456789012:mfa/x', seed);
  // The codes are the last six of the eight digits in the examples of RFC 6238 (appendix B).
  for (const [seconds, code] of [
    [59, '287082'],
    [1111111109, '081804'],
    [1111111111, '050471'],
    [1234567890, '005924'],
    [20000000000, '353130'],
  ] as const) {
    assert.equal(device().code(seconds * 1000), code);
    if (seconds < 60) continue;
    for (const drift of [-30, 0, 30]) assert.ok(device().accept(code, (seconds + drift) * 1000));
    for (const drift of [-60, 60]) assert.ok(!device().accept(code, (seconds + drift) * 1000));
  }
});

test('every sandbox gives its developer user the access keys that docs/reference/sandbox.md shows', async (context) => {
  const { developer } = (await sandboxFor(context)).contract;
  const page = readFileSync(new URL('../../docs/reference/sandbox.md', import.meta.url), 'utf8');
  assert.ok(page.includes(`aws_access_key_id = ${developer.accessKeyId}\n`));
  assert.ok(page.includes(`aws_secret_access_key = ${developer.secretAccessKey}\n`));
});
