// A cache between the bridge and its callers may not hand one caller's answer to another.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { rawExchange } from '../../support/raw-exchange.ts';
import { startWire } from '../../support/wire.ts';

it('an answer varies with who asks, whatever its object says of caching', async () => {
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

it('a body that is cut is cut for HTTP/1.0 too', async () => {
  const wire = await startWire();
  try {
    await wire.fault({ supplier: 's3', path: 'list-type', fault: 'cut', after: 200 });
    const token = await wire.token('reader');
    const text = await rawExchange(
      wire.bridge.url,
      `GET /acme-lake?list-type=2 HTTP/1.0\r\nHost: b\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    ).catch((error: unknown) => (error as NodeJS.ErrnoException).code);
    const line = await wire.bridge.line(({ abortedBy }) => abortedBy === 's3');
    assert.equal(line['severity'], 'ERROR');
    assert.doesNotMatch(String(text), /<\/ListBucketResult>/);
  } finally {
    await wire.close();
  }
});
