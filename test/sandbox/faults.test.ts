// Every fault can be had from outside, by one request to the control API.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { open } from '../support/http-request.ts';
import { until } from '../support/until.ts';
import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { ask, assumed, control, s3Client, sandboxFor } from './clients.ts';

const Bucket = 'acme-lake';
const Key = 'raw/public/orders.csv';
const fault = (sandbox: Sandbox, fields: unknown) => control(sandbox, 'PUT', '/faults', fields);
const PROJECT_PATH = '/computeMetadata/v1/project/project-id';
const GOOGLE = { 'metadata-flavor': 'Google' };
const project = (sandbox: Sandbox) => ask(sandbox.contract.metadata, PROJECT_PATH, { headers: GOOGLE });

/** Statuses of the metadata server's responses, in the order of the requests; null while there is none. */
async function statuses(sandbox: Sandbox): Promise<(number | null)[]> {
  const { metadata } = (await control(sandbox, 'GET', '/calls')) as {
    readonly metadata: readonly { readonly status: number | null }[];
  };
  return metadata.map(({ status }) => status);
}

/** A promise of which one can see whether it has settled; it may reject after the test. */
function pending<Value>(promise: Promise<Value>) {
  let isPending = true;
  const settle = (): void => {
    isPending = false;
  };
  promise.then(settle, settle);
  return { promise, isPending: () => isPending };
}

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
  await fault(sandbox, { supplier: 'metadata', fault: 'hang', times: 1 });
  const hanging = pending(project(sandbox));
  await until('the request has come', async () => (await statuses(sandbox)).at(-1) === null);
  // The next request takes longer than a response that was due.
  assert.equal((await project(sandbox)).status, 200);
  await control(sandbox, 'DELETE', '/faults');
  assert.equal((await project(sandbox)).status, 200);
  assert.equal(hanging.isPending(), true, 'clearing the fault does not release it');
});

test('hold keeps a response back until the fault is cleared, or replaced', async (context) => {
  const sandbox = await sandboxFor(context);
  for (const release of [
    () => control(sandbox, 'DELETE', '/faults'),
    () => fault(sandbox, { supplier: 'metadata', fault: null }),
    () => fault(sandbox, { supplier: 'metadata', fault: 'status', status: 503, times: 1 }),
  ]) {
    await control(sandbox, 'DELETE', '/calls');
    await fault(sandbox, { supplier: 'metadata', fault: 'hold', times: 1 });
    const held = pending(project(sandbox));
    await until('the request has come', async () => (await statuses(sandbox)).at(-1) === null);
    assert.equal((await project(sandbox)).status, 200, 'only one request is held');
    assert.equal(held.isPending(), true);
    await release();
    assert.deepEqual([(await held.promise).status, (await held.promise).text], [200, 'acme-prod']);
  }
});

test('hold after so many bytes sends these at once, and the others when the fault is cleared', async (context) => {
  const sandbox = await sandboxFor(context);
  await fault(sandbox, { supplier: 'metadata', fault: 'hold', after: 4, times: 1 });
  const response = await open(sandbox.contract.metadata, PROJECT_PATH, { headers: GOOGLE });
  assert.equal(response.statusCode, 200);
  let text = '';
  const ended = once(response, 'end');
  response.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await until('the first bytes are there', () => text.length >= 4);
  assert.equal((await project(sandbox)).status, 200);
  assert.equal(text, 'acme');
  await control(sandbox, 'DELETE', '/faults');
  await ended;
  assert.equal(text, 'acme-prod');
});

test('a body is cut, stalled, dripped, of another length, nonsense or nothing', async (context) => {
  const sandbox = await sandboxFor(context);
  const strike = (fields: object) => fault(sandbox, { supplier: 'metadata', times: 1, ...fields });
  await strike({ fault: 'cut', after: 4 });
  await assert.rejects(project(sandbox), { code: 'ECONNRESET' });
  await strike({ fault: 'wrong-length' });
  await assert.rejects(project(sandbox), { code: 'ECONNRESET' });
  await strike({ fault: 'stall', after: 4 });
  const stalled = await open(sandbox.contract.metadata, PROJECT_PATH, { headers: GOOGLE });
  let text = '';
  stalled.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await until('the first bytes are there', () => text.length >= 4);
  assert.equal((await project(sandbox)).text, 'acme-prod');
  assert.deepEqual([text, stalled.complete, stalled.destroyed], ['acme', false, false]);
  stalled.destroy();
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
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
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
