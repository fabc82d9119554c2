// The sandbox keeps a pod's token in a file, and replaces it as the kubelet does.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { until } from '../support/until.ts';
import { control, sandboxFor } from './clients.ts';

const POD = 'cluster:analytics/etl';

test('a token file contains a token of its caller, which the sandbox replaces after 80 % of the lifetime', async (context) => {
  const sandbox = await sandboxFor(context);
  const path = await sandbox.tokenFileOf(POD);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const first = readFileSync(path, 'utf8');
  const { sub, aud, exp = 0, iat = 0 } = decodeJwt(first);
  assert.deepEqual([sub, aud], ['system:serviceaccount:analytics:etl', [sandbox.contract.audience]]);
  const data = join(path, '../..data');
  const version = readlinkSync(data);
  await control(sandbox, 'PUT', '/clock', { offsetSeconds: (exp - iat) * 0.8 + 1 });
  await until('the token is replaced', () => readFileSync(path, 'utf8') !== first);
  assert.notEqual(readlinkSync(data), version, 'the file is replaced in one step');
  await until('the old version is removed', () => !existsSync(join(path, '..', version)));
  const { exp: later = 0 } = decodeJwt(readFileSync(path, 'utf8'));
  assert.ok(later > exp + 2000, 'the new token expires later');
});

test('a token file for an unknown caller is not created', async (context) => {
  const sandbox = await sandboxFor(context);
  await assert.rejects(sandbox.tokenFileOf('eks:a/b'), /must be ISSUER:SUBJECT/);
  await assert.rejects(sandbox.tokenFileOf('cluster:etl'), /must be ISSUER:NAMESPACE\/SERVICEACCOUNT/);
});

test('a sandbox removes its token files when it closes', async () => {
  const sandbox = await startSandbox();
  const path = await sandbox.tokenFileOf(POD);
  await sandbox.close();
  assert.ok(!existsSync(join(path, '..')));
});
