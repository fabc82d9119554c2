// S3's status and code reach the caller. S3's message does not, because it may contain ARNs.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { configured, READER_MAY_ALL } from '../../support/configuration.ts';
import { startClockedWire } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { startWire } from '../../support/wire.ts';

const LEAK = /arn:aws|123456789012|assumed-role|gcp-lake-read|session policy|127\.0\.0\.1/i;

describe('an error from S3', () => {
  let wire: ClockedWire;
  before(async () => {
    wire = await startClockedWire({ config: configured({ grants: [READER_MAY_ALL] }) });
    // The clock is stopped, so the first errors use up the retry budget and later errors are not retried.
    await wire.setClocks({ steadyStands: true });
  });
  after(() => wire.close());

  for (const [code, status, outcome] of [
    ['NoSuchKey', 404, 'not_found'],
    ['NoSuchBucket', 404, 'not_found'],
    ['AccessDenied', 403, 'upstream_denied'],
    ['InvalidObjectState', 403, 'upstream_denied'],
    ['PreconditionFailed', 412, 'precondition_failed'],
    ['InvalidRange', 416, 'invalid_request'],
    ['SlowDown', 503, 'upstream_failed'],
    ['InternalError', 500, 'upstream_failed'],
  ] as const) {
    it(`with code ${code} reaches the caller as ${status} ${outcome}`, async () => {
      const message =
        'User: arn:aws:sts::123456789012:assumed-role/gcp-lake-read/x is not authorized at 127.0.0.1';
      await wire.fault({ upstream: 's3', fault: 'status', status, code, message });
      const reply = await wire.get('/acme-lake/README.txt', { as: 'reader' });
      const asJson = await wire.get('/acme-lake/README.txt', {
        as: 'reader',
        headers: { accept: 'application/json' },
      });
      const head = await wire.get('/acme-lake/README.txt', { as: 'reader', method: 'HEAD' });
      await wire.clearFaults();
      assert.equal(reply.status, status);
      assert.equal(reply.code, code);
      assert.equal(reply.headers['x-fedbridge-error'], outcome);
      assert.match(reply.text, /<Message>[^<]{10,}<\/Message><.*RequestId>[0-9A-F]+<\/RequestId>/);
      assert.doesNotMatch(reply.text + JSON.stringify(reply.headers), LEAK);
      assert.equal((JSON.parse(asJson.text) as { code: string }).code, code);
      assert.doesNotMatch(asJson.text, LEAK);
      assert.equal(head.status, status);
      assert.equal(head.body.length, 0);
    });
  }

  for (const [what, fault, status] of [
    ['a refused connection', { fault: 'refuse' }, 503],
    ['a connection reset', { fault: 'reset' }, 503],
    ['a response that is not an S3 error', { fault: 'status', status: 500 }, 500],
  ] as const) {
    it(`does not reveal S3's address after ${what}`, async () => {
      await wire.fault({ upstream: 's3', ...fault });
      const reply = await wire.get('/acme-lake/README.txt', { as: 'reader' });
      await wire.clearFaults();
      assert.equal(reply.status, status);
      assert.equal(reply.headers['x-fedbridge-error'], 'upstream_failed');
      assert.doesNotMatch(reply.text + JSON.stringify(reply.headers), LEAK);
      assert.equal((await wire.get('/acme-lake/README.txt', { as: 'reader' })).status, 200);
    });
  }
});

describe('an S3 server that does not respond', () => {
  it('causes a 503 after limits.stall', async () => {
    const wire = await startWire({
      config: ({ role }) => `audience: https://lake-bridge.example
aws: { region: eu-west-1, audience: fedbridge }
roles: { lake: { arn: ${role} } }
buckets: { acme-lake: { role: lake } }
grants: [{ callers: [project:acme-prod], allow: [get, list], bucket: acme-lake }]
limits: { stall: 1s }`,
    });
    try {
      await wire.fault({ upstream: 's3', fault: 'hang' });
      const reply = await wire.get('/acme-lake/README.txt', { as: 'reader' });
      assert.equal(reply.status, 503);
      assert.equal(reply.headers['retry-after'], '1');
      await wire.bridge.line(({ fault }) => fault === 's3_timeout');
    } finally {
      await wire.close();
    }
  });
});
