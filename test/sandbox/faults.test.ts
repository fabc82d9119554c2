// Every fault can be injected with one request to the control API.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
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

/**
 * Returns the statuses of the metadata server's responses, in the order of the requests. The status is null if there is no
 * response yet.
 */
async function statuses(sandbox: Sandbox): Promise<(number | null)[]> {
  const { metadata } = (await control(sandbox, 'GET', '/calls')) as {
    readonly metadata: readonly { readonly status: number | null }[];
  };
  return metadata.map(({ status }) => status);
}

/**
 * Returns the promise, and a function that reports whether it is still pending. A rejection after the end of the test is
 * ignored.
 */
function pending<Value>(promise: Promise<Value>) {
  let isPending = true;
  const settle = (): void => {
    isPending = false;
  };
  promise.then(settle, settle);
  return { promise, isPending: () => isPending };
}

test('the example fault in docs/reference/sandbox.md is accepted and takes effect', async (context) => {
  const page = await readFile(new URL('../../docs/reference/sandbox.md', import.meta.url), 'utf8');
  const [, body = ''] = /curl -X PUT 127\.0\.0\.1:8085\/faults --json '([^']+)'/.exec(page) ?? [];
  const sandbox = await sandboxFor(context);
  await fault(sandbox, JSON.parse(body));
  await assert.rejects(assumed(sandbox), { name: 'AccessDenied' });
  await control(sandbox, 'DELETE', '/faults');
  await assumed(sandbox);
});

test('an injected fault occurs only the given number of times, and only on the given paths', async (context) => {
  const sandbox = await sandboxFor(context);
  await fault(sandbox, { upstream: 'metadata', fault: 'status', status: 503, times: 2, path: 'project-id' });
  assert.equal((await ask(sandbox.contract.metadata, '/')).status, 200);
  assert.deepEqual(
    [(await project(sandbox)).status, (await project(sandbox)).status, (await project(sandbox)).status],
    [503, 503, 200],
  );
});

test("injected errors have the upstream's own format and status", async (context) => {
  const sandbox = await sandboxFor(context);
  const keys = await assumed(sandbox);
  const s3 = s3Client(sandbox, keys);
  for (const [code, status] of [
    ['SlowDown', 503],
    ['ExpiredToken', 400],
    ['InternalError', 500],
  ] as const) {
    await fault(sandbox, { upstream: 's3', fault: 'error', code, times: 1 });
    await assert.rejects(
      s3.send(new GetObjectCommand({ Bucket, Key })),
      (error: Error & { $metadata?: { httpStatusCode?: number } }) => {
        assert.deepEqual([error.name, error.$metadata?.httpStatusCode], [code, status]);
        return true;
      },
    );
  }
  await s3.send(new HeadObjectCommand({ Bucket, Key }));
  await fault(sandbox, { upstream: 'sts', fault: 'error', code: 'IDPCommunicationError' });
  await assert.rejects(assumed(sandbox), /IDPCommunicationError|identity provider/);
  await fault(sandbox, { upstream: 'sts', fault: null });
  await assumed(sandbox);
});

test('the faults reset, refuse and hang affect the connection', async (context) => {
  const sandbox = await sandboxFor(context);
  await fault(sandbox, { upstream: 'metadata', fault: 'reset', times: 1 });
  await assert.rejects(project(sandbox), { code: 'ECONNRESET' });
  await fault(sandbox, { upstream: 'metadata', fault: 'refuse' });
  await assert.rejects(project(sandbox), { code: 'ECONNREFUSED' });
  await control(sandbox, 'DELETE', '/faults');
  assert.equal((await project(sandbox)).status, 200);
  await fault(sandbox, { upstream: 'metadata', fault: 'hang', times: 1 });
  const hanging = pending(project(sandbox));
  await until('the request has arrived', async () => (await statuses(sandbox)).at(-1) === null);
  // If the previous request were not hanging, its response would arrive before the response to this request.
  assert.equal((await project(sandbox)).status, 200);
  await control(sandbox, 'DELETE', '/faults');
  assert.equal((await project(sandbox)).status, 200);
  assert.equal(hanging.isPending(), true, 'clearing the fault does not release a hanging request');
});

test('a hold fault delays a response until it is cleared or replaced', async (context) => {
  const sandbox = await sandboxFor(context);
  for (const release of [
    () => control(sandbox, 'DELETE', '/faults'),
    () => fault(sandbox, { upstream: 'metadata', fault: null }),
    () => fault(sandbox, { upstream: 'metadata', fault: 'status', status: 503, times: 1 }),
  ]) {
    await control(sandbox, 'DELETE', '/calls');
    await fault(sandbox, { upstream: 'metadata', fault: 'hold', times: 1 });
    const held = pending(project(sandbox));
    await until('the request has arrived', async () => (await statuses(sandbox)).at(-1) === null);
    assert.equal((await project(sandbox)).status, 200, 'only one request is held');
    assert.equal(held.isPending(), true);
    await release();
    assert.deepEqual([(await held.promise).status, (await held.promise).text], [200, 'acme-prod']);
  }
});

test('a hold fault sends the number of bytes in `after` immediately, and the rest once the fault is cleared', async (context) => {
  const sandbox = await sandboxFor(context);
  await fault(sandbox, { upstream: 'metadata', fault: 'hold', after: 4, times: 1 });
  const response = await open(sandbox.contract.metadata, PROJECT_PATH, { headers: GOOGLE });
  assert.equal(response.statusCode, 200);
  let text = '';
  const ended = once(response, 'end');
  response.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await until('the first bytes have arrived', () => text.length >= 4);
  assert.equal((await project(sandbox)).status, 200);
  assert.equal(text, 'acme');
  await control(sandbox, 'DELETE', '/faults');
  await ended;
  assert.equal(text, 'acme-prod');
});

test('a fault can truncate, stall, slow, delay, empty or corrupt a body, or give it the wrong length', async (context) => {
  const sandbox = await sandboxFor(context);
  const strike = (fields: object) => fault(sandbox, { upstream: 'metadata', times: 1, ...fields });
  await strike({ fault: 'cut', after: 4 });
  await assert.rejects(project(sandbox), { code: 'ECONNRESET' });
  await strike({ fault: 'wrong-length' });
  await assert.rejects(project(sandbox), { code: 'ECONNRESET' });
  await strike({ fault: 'stall', after: 4 });
  const stalled = await open(sandbox.contract.metadata, PROJECT_PATH, { headers: GOOGLE });
  let text = '';
  stalled.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await until('the first bytes have arrived', () => text.length >= 4);
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

test('an invalid fault is rejected with an error that names the field, the rule and the fix', async (context) => {
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
  assert.equal(await put({ upstream: 'gcs', fault: 'hang' }), 'upstream');
  assert.equal(await put({ upstream: 's3', fault: 'explode' }), 'fault');
  assert.equal(await put({ upstream: 's3', fault: 'cut' }), 'after');
  assert.equal(await put({ upstream: 's3', fault: 'error', code: 'IDPRejectedClaim' }), 'code');
  assert.equal(await put({ upstream: 's3', fault: 'hang', times: 0 }), 'times');
  assert.equal(await put({ upstream: 's3', fault: 'refuse', times: 1 }), 'times');
  assert.equal(await put({ upstream: 's3', fault: 'hang', after: 1 }), 'after');
  assert.equal(await put([]), 'body');
});
