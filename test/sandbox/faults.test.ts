// Every fault can be had from outside, by one request to the control API.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { ask, assumed, control, s3Client, sandboxFor } from './clients.ts';

const Bucket = 'acme-lake';
const Key = 'raw/public/orders.csv';
const fault = (sandbox: Sandbox, fields: unknown) => control(sandbox, 'PUT', '/faults', fields);
const project = (sandbox: Sandbox) =>
  ask(sandbox.contract.metadata, '/computeMetadata/v1/project/project-id', {
    headers: { 'metadata-flavor': 'Google' },
  });

test('a fault strikes as often as it is told, on the paths that it is told', async (context) => {
  const sandbox = await sandboxFor(context);
  await fault(sandbox, { supplier: 'metadata', fault: 'status', status: 503, times: 2, path: 'project-id' });
  assert.equal((await ask(sandbox.contract.metadata, '/')).status, 200);
  assert.deepEqual(
    [(await project(sandbox)).status, (await project(sandbox)).status, (await project(sandbox)).status],
    [503, 503, 200],
  );
});

test("errors have the supplier's own shape and status", async (context) => {
  const sandbox = await sandboxFor(context);
  const keys = await assumed(sandbox);
  const s3 = s3Client(sandbox, keys);
  for (const [code, status] of [
    ['SlowDown', 503],
    ['ExpiredToken', 400],
    ['InternalError', 500],
  ] as const) {
    await fault(sandbox, { supplier: 's3', fault: 'error', code, times: 1 });
    await assert.rejects(
      s3.send(new GetObjectCommand({ Bucket, Key })),
      (error: Error & { $metadata?: { httpStatusCode?: number } }) => {
        assert.deepEqual([error.name, error.$metadata?.httpStatusCode], [code, status]);
        return true;
      },
    );
  }
  await s3.send(new HeadObjectCommand({ Bucket, Key }));
  await fault(sandbox, { supplier: 'sts', fault: 'error', code: 'IDPCommunicationError' });
  await assert.rejects(assumed(sandbox), /IDPCommunicationError|identity provider/);
  await fault(sandbox, { supplier: 'sts', fault: null });
  await assumed(sandbox);
});

test('reset, refuse, hang', async (context) => {
  const sandbox = await sandboxFor(context);
  await fault(sandbox, { supplier: 'metadata', fault: 'reset', times: 1 });
  await assert.rejects(project(sandbox), { code: 'ECONNRESET' });
  await fault(sandbox, { supplier: 'metadata', fault: 'refuse' });
  await assert.rejects(project(sandbox), { code: 'ECONNREFUSED' });
  await control(sandbox, 'DELETE', '/faults');
  assert.equal((await project(sandbox)).status, 200);
  await fault(sandbox, { supplier: 'metadata', fault: 'hang' });
  assert.equal(await Promise.race([project(sandbox).catch(() => 'closed'), sleep(100, 'hangs')]), 'hangs');
});

test('a body is cut, stalled, dripped, of another length, nonsense or nothing', async (context) => {
  const sandbox = await sandboxFor(context);
  const strike = (fields: object) => fault(sandbox, { supplier: 'metadata', times: 1, ...fields });
  await strike({ fault: 'cut', after: 4 });
  await assert.rejects(project(sandbox), { code: 'ECONNRESET' });
  await strike({ fault: 'wrong-length' });
  await assert.rejects(project(sandbox), { code: 'ECONNRESET' });
  await strike({ fault: 'stall', after: 4 });
  assert.equal(await Promise.race([project(sandbox).catch(() => 'closed'), sleep(100, 'stalls')]), 'stalls');
  await strike({ fault: 'drip', bytesPerSecond: 50 });
  const start = performance.now();
  assert.equal((await project(sandbox)).text, 'acme-prod');
  assert.ok(performance.now() - start > 100);
  await strike({ fault: 'empty' });
  assert.deepEqual([(await project(sandbox)).text, (await project(sandbox)).text], ['', 'acme-prod']);
  await strike({ fault: 'garbage' });
  assert.match((await project(sandbox)).text, /garbage/);
  await strike({ fault: 'delay', milliseconds: 50 });
  assert.equal((await project(sandbox)).text, 'acme-prod');
});

test('a bad request says which field, what rule, and what to write', async (context) => {
  const { contract } = await sandboxFor(context);
  const put = async (fields: unknown) => {
    const { status, text } = await ask(contract.control, '/faults', {
      ...{ method: 'PUT', headers: { 'content-type': 'application/json' } },
      body: JSON.stringify(fields),
    });
    const { field, rule, remedy } = JSON.parse(text) as Record<string, string>;
    assert.equal(status, 400);
    assert.ok(rule !== undefined && remedy !== undefined);
    return field;
  };
  assert.equal(await put({ supplier: 'gcs', fault: 'hang' }), 'supplier');
  assert.equal(await put({ supplier: 's3', fault: 'explode' }), 'fault');
  assert.equal(await put({ supplier: 's3', fault: 'cut' }), 'after');
  assert.equal(await put({ supplier: 's3', fault: 'error', code: 'IDPRejectedClaim' }), 'code');
  assert.equal(await put({ supplier: 's3', fault: 'hang', times: 0 }), 'times');
  assert.equal(await put({ supplier: 's3', fault: 'refuse', times: 1 }), 'times');
  assert.equal(await put({ supplier: 's3', fault: 'hang', after: 1 }), 'after');
  assert.equal(await put([]), 'body');
});
