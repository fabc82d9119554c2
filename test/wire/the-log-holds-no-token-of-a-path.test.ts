// A token that somebody puts where a key or a prefix belongs reaches no log line.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startWire } from './wire.ts';

it('a token in a path, a key or a prefix is not logged', async () => {
  const wire = await startWire();
  try {
    const token = await wire.token('reader');
    const paths = [
      `/acme-lake/${token}`,
      `/acme-lake/a/${token}/b`,
      `/${token}`,
      `/-/${token}`,
      `/acme-lake?list-type=2&prefix=Bearer%20${token}`,
      `/-/object?bucket=acme-lake&key=x${token}`,
    ];
    for (const path of paths) {
      const reply = await wire.get(path, { as: 'reader' });
      await wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);
    }
    await wire.get('/acme-lake/README.txt', { as: 'reader', headers: { 'user-agent': token } });
    const [, payload = token, signature = token] = token.split('.');
    const output = wire.bridge.output();
    assert.ok(!output.includes(signature));
    assert.ok(!output.includes(payload));
  } finally {
    await wire.close();
  }
});
