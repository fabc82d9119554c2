// docs/reference/logs.md lists every field that a request log line can have.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startWire } from '../support/wire.ts';
import type { Reply } from '../support/http-request.ts';
import { textOf } from './render.ts';

it('docs/reference/logs.md lists every field of a request log line', async () => {
  const named = new Set(
    [...textOf('docs/reference/logs.md').matchAll(/`([\w./]+)`/g)].map(([, name]) => name),
  );
  const wire = await startWire();
  try {
    const fieldsOf = async (reply: Reply): Promise<string[]> => {
      const id = reply.headers['x-request-id'];
      const line = await wire.bridge.line(({ requestId }) => requestId === id);
      const { httpRequest, milliseconds, s3, ...rest } = line as Record<string, object>;
      return [rest, httpRequest, milliseconds, s3].flatMap((each) => Object.keys(each ?? {}));
    };
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const headers = { traceparent, 'user-agent': 'pandas/2' };
    const served = await wire.get('/acme-lake/raw/public/orders.csv', { as: 'reader', headers });
    const listed = await wire.get('/acme-lake?list-type=2&prefix=raw/', { as: 'reader' });
    const notGranted = await wire.get('/acme-lake/raw/private/salaries.csv', { as: 'scoped' });
    const anonymous = await wire.get('/acme-lake/raw/public/orders.csv');
    await wire.fault({ upstream: 's3', fault: 'error', code: 'AccessDenied', times: 2 });
    const denied = await wire.get('/acme-lake/raw/public/orders.csv', { as: 'reader' });
    const found = new Set<string>();
    for (const reply of [served, listed, notGranted, anonymous, denied])
      for (const field of await fieldsOf(reply)) found.add(field);
    assert.ok(found.has('s3') || found.has('code'), 'an error of S3');
    assert.deepEqual(
      [...found].filter((field) => !named.has(field)),
      [],
    );
  } finally {
    await wire.close();
  }
});
