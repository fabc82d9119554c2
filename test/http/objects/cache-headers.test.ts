// A cache between the bridge and its callers must not serve one caller's response to another.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { rawExchange } from '../../support/raw-exchange.ts';
import { startWire } from '../../support/wire.ts';

it('a response has a Vary header that lists the headers for credentials, whatever Cache-Control the object has', async () => {
  const wire = await startWire();
  try {
    await wire.put('public.css', 'body {}', { CacheControl: 'public, max-age=86400' });
    const reply = await wire.get('/acme-lake/public.css', { as: 'reader' });
    assert.equal(reply.headers['cache-control'], 'public, max-age=86400');
    assert.match(String(reply.headers.vary), /Authorization/);
    assert.match(String(reply.headers.vary), /X-Amz-Security-Token/);
  } finally {
    await wire.close();
  }
});

it('a listing that S3 cuts off mid-response is logged as an error, and the client can tell that it is incomplete, even over HTTP/1.0', async () => {
  const wire = await startWire();
  try {
    await wire.fault({ upstream: 's3', path: 'list-type', fault: 'cut', after: 200 });
    const token = await wire.token('reader');
    const text = await rawExchange(
      wire.bridge.url,
      `GET /acme-lake?list-type=2 HTTP/1.0\r\nHost: b\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    ).catch((error: unknown) => (error as NodeJS.ErrnoException).code);
    const line = await wire.bridge.line(({ abortedBy }) => abortedBy === 's3');
    assert.equal(line['severity'], 'ERROR');
    // Without a length, only a reset shows an HTTP/1.0 client that the body is incomplete.
    assert.equal(text, 'ECONNRESET');
  } finally {
    await wire.close();
  }
});
