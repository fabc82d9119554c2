// The sandbox's metadata server sends the same responses as Google's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, claimsOf, control, identityToken, sandboxFor } from './clients.ts';

const GOOGLE = { 'metadata-flavor': 'Google' };
const ACCOUNTS = '/computeMetadata/v1/instance/service-accounts/';

test('the metadata server rejects requests without Metadata-Flavor or with X-Forwarded-For', async (context) => {
  const { contract } = await sandboxFor(context);
  const path = '/computeMetadata/v1/project/project-id';
  assert.equal((await ask(contract.metadata, path)).status, 403);
  assert.equal(
    (await ask(contract.metadata, path, { headers: { ...GOOGLE, 'x-forwarded-for': '10.0.0.1' } })).status,
    403,
  );
  const { status, headers, text } = await ask(contract.metadata, path, { headers: GOOGLE });
  assert.deepEqual([status, text], [200, 'acme-prod']);
  assert.deepEqual([headers['metadata-flavor'], headers['server']], ['Google', 'Metadata Server for VM']);
});

test('metadata values, directories and missing paths get the same responses as from Google', async (context) => {
  const { contract } = await sandboxFor(context);
  const get = async (path: string) => (await ask(contract.metadata, path, { headers: GOOGLE })).text;
  assert.equal(await get('/computeMetadata/v1/project/numeric-project-id'), '481920364751');
  assert.match(await get('/computeMetadata/v1/instance/id'), /^\d{19}$/);
  assert.match(await get('/computeMetadata/v1/instance/zone'), /^projects\/\d+\/zones\/[a-z0-9-]+$/);
  assert.match(await get('/computeMetadata/v1/instance/region'), /^projects\/\d+\/regions\/[a-z0-9-]+$/);
  assert.match(await get(ACCOUNTS), /^default\/\nfedbridge@acme-prod/);
  assert.equal(await get(`${ACCOUNTS}default/email`), contract.serviceAccount.email);
  assert.equal(
    (await ask(contract.metadata, '/computeMetadata/v1/nothing', { headers: GOOGLE })).status,
    404,
  );
  assert.equal((await ask(contract.metadata, '/')).headers['metadata-flavor'], 'Google');
});

test("a token's azp and sub claims contain the unique ID, and only a token in the full format contains an email", async (context) => {
  const sandbox = await sandboxFor(context);
  const { reader } = sandbox.contract.callers;
  const full = claimsOf(await identityToken(sandbox, reader, 'https://a.example/?x=1&y=2'));
  assert.match(String(full['sub']), /^\d{21}$/);
  assert.equal(full['azp'], full['sub']);
  assert.deepEqual(
    [full['aud'], full['email'], full['email_verified']],
    ['https://a.example/?x=1&y=2', reader, true],
  );
  assert.equal(Number(full['exp']) - Number(full['iat']), 3600);
  assert.equal(full['google'], undefined);
  const standard = claimsOf(await identityToken(sandbox, reader, 'a', 'standard'));
  assert.equal(standard['email'], undefined);
  const own = claimsOf(await identityToken(sandbox, 'default', 'a'));
  assert.equal(own['sub'], sandbox.contract.serviceAccount.uniqueId);
  assert.match(JSON.stringify(own['google']), /compute_engine.*instance_id/);
});

test('a token request to the metadata server must name an audience and an existing account', async (context) => {
  const { contract } = await sandboxFor(context);
  const status = async (rest: string) =>
    (await ask(contract.metadata, ACCOUNTS + rest, { headers: GOOGLE })).status;
  assert.equal(await status('default/identity'), 400);
  assert.equal(await status('default/identity?audience='), 400);
  assert.equal(await status('nobody@acme-prod.iam.gserviceaccount.com/identity?audience=a'), 404);
});

test("on a caller's machine, the default account is the caller's, and full-format tokens describe the machine", async (context) => {
  const sandbox = await sandboxFor(context);
  const { callers, serviceAccount } = sandbox.contract;
  const machine = await sandbox.machineOf('reader');
  const get = async (path: string) => (await ask(machine, ACCOUNTS + path, { headers: GOOGLE })).text;
  assert.equal(await get('default/email'), callers.reader);
  assert.equal(await get(`${callers.reader}/aliases`), 'default\n');
  assert.equal(await get(`${serviceAccount.email}/aliases`), '');
  const claims = claimsOf(await get('default/identity?audience=a&format=full'));
  assert.equal(claims['email'], callers.reader);
  assert.match(JSON.stringify(claims['google']), /compute_engine/);
  const bridges = claimsOf(await identityToken(sandbox, 'default', 'a'));
  assert.equal(bridges['email'], serviceAccount.email);
});

test('the metadata server caches a token until shortly before it expires', async (context) => {
  const sandbox = await sandboxFor(context);
  const token = () => identityToken(sandbox, 'default', 'a');
  const first = await token();
  await control(sandbox, 'PUT', '/clock', { offsetSeconds: 3300 });
  assert.equal(await token(), first);
  await control(sandbox, 'PUT', '/clock', { offsetSeconds: 3400 });
  const later = await token();
  assert.notEqual(later, first);
  // After the clock has been set back, the cache must not return a token whose issue time is in the future.
  await control(sandbox, 'PUT', '/clock', { offsetSeconds: 0 });
  assert.ok(Number(claimsOf(await token())['iat']) < Number(claimsOf(later)['iat']) - 3000);
});

test("the token signing keys are published in Google's format, and can be rotated", async (context) => {
  const sandbox = await sandboxFor(context);
  const { origin, pathname } = new URL(sandbox.contract.certs);
  const published = async () => {
    const { headers, text } = await ask(origin, pathname);
    assert.match(headers['cache-control'] ?? '', /max-age=\d+/);
    return (JSON.parse(text) as { keys: { kid: string }[] }).keys;
  };
  const [before] = await published();
  assert.deepEqual(Object.keys(before ?? {}).sort(), ['alg', 'e', 'kid', 'kty', 'n', 'use']);
  await control(sandbox, 'POST', '/keys', { action: 'rotate' });
  assert.deepEqual(
    (await published()).map(({ kid }) => kid === before?.kid),
    [false, true],
  );
  await control(sandbox, 'POST', '/keys', { action: 'replace' });
  assert.equal((await published()).length, 1);
});
