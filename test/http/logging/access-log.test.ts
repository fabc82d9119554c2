// Each request is logged as one line with Cloud Logging's fields, and no line contains a secret.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { LogLine } from '../../support/bridge-process.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

describe('the log', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({ environment: { LOG_LEVEL: 'trace' } });
  });
  after(() => wire.close());

  const lineOf = (id: string | string[] | undefined): Promise<LogLine> =>
    wire.bridge.line(({ requestId }) => requestId === id);

  it('shows who read what, with which role, and how long each step took', async () => {
    const reply = await wire.get('/acme-lake/raw/public/orders.csv?x-id=GetObject', {
      as: 'reader',
      headers: { traceparent: `00-${TRACE}-00f067aa0ba902b7-01`, 'user-agent': 'pandas/2' },
    });
    const line = await lineOf(reply.headers['x-request-id']);
    const { httpRequest, milliseconds, time, ...rest } = line as Record<string, Record<string, unknown>> & {
      time: string;
    };
    assert.deepEqual(rest, {
      severity: 'INFO',
      message: 'GET /acme-lake/raw/public/orders.csv 200',
      'logging.googleapis.com/trace': `projects/acme-prod/traces/${TRACE}`,
      'logging.googleapis.com/spanId': '00f067aa0ba902b7',
      'logging.googleapis.com/trace_sampled': true,
      requestId: reply.headers['x-request-id'],
      operation: 'GetObject',
      caller: 'reader@acme-prod.iam.gserviceaccount.com',
      callerId: '112010400000000710080',
      issuer: 'google',
      granted: true,
      reason: 'grant',
      grantIndexes: [0],
      role: 'lake',
      sessionName: 'reader@acme-prod',
      bucket: 'acme-lake',
      key: 'raw/public/orders.csv',
      status: 200,
      bytesSent: reply.body.length,
      bytesFromS3: reply.body.length,
      region: 'eu-west-1',
      path: 'endpoint',
      s3RequestId: reply.headers['x-amz-request-id'],
    });
    assert.ok(!Number.isNaN(Date.parse(time)));
    assert.deepEqual(Object.keys(milliseconds ?? {}), ['token', 'sts', 's3FirstByte', 'total']);
    assert.match(String(httpRequest?.['latency']), /^\d+\.\d{6}s$/);
    delete httpRequest?.['latency'];
    assert.deepEqual(httpRequest, {
      requestMethod: 'GET',
      requestUrl: '/acme-lake/raw/public/orders.csv',
      status: 200,
      responseSize: String(reply.body.length),
      userAgent: 'pandas/2',
      remoteIp: '127.0.0.1',
      protocol: 'HTTP/1.1',
    });
  });

  it('contains the trace from X-Cloud-Trace-Context', async () => {
    const reply = await wire.get('/acme-lake/raw/public/orders.csv', {
      as: 'reader',
      headers: { 'x-cloud-trace-context': `${TRACE}/123;o=1` },
    });
    const line = await lineOf(reply.headers['x-request-id']);
    assert.equal(line['logging.googleapis.com/trace'], `projects/acme-prod/traces/${TRACE}`);
  });

  it('shows the cause and the remedy of a denial', async () => {
    const denied = await wire.get('/acme-lake/raw/private/salaries.csv', { as: 'scoped' });
    const line = await lineOf(denied.headers['x-request-id']);
    assert.equal(line['severity'], 'WARNING');
    assert.equal(line['fault'], 'not_granted');
    assert.match(String(line['remedy']), /add a grant/);
    await wire.fault({ upstream: 's3', fault: 'error', code: 'AccessDenied', path: 'orders' });
    const byAws = await wire.get('/acme-lake/raw/public/orders.csv', { as: 'reader' });
    await wire.clearFaults();
    assert.equal(byAws.headers['x-fedbridge-error'], 'upstream_denied');
    const awsLine = await lineOf(byAws.headers['x-request-id']);
    assert.deepEqual(awsLine['s3'], { code: 'AccessDenied', status: 403 });
    assert.equal(awsLine['fault'], undefined);
    const missing = await wire.get('/acme-lake/raw/none', { as: 'reader' });
    assert.deepEqual((await lineOf(missing.headers['x-request-id']))['s3'], {
      code: 'NoSuchKey',
      status: 404,
    });
  });

  it('escapes line breaks in keys, and does not contain tokens from URLs', async () => {
    const odd = await wire.get('/acme-lake/a%0A%7B%22severity%22:1', { as: 'reader' });
    assert.equal((await lineOf(odd.headers['x-request-id']))['key'], 'a\n{"severity":1');
    const rejected = await wire.get('/acme-lake/a?X-Amz-Security-Token=SECRETSECRET');
    assert.equal(rejected.status, 400);
    await lineOf(rejected.headers['x-request-id']);
    assert.ok(!wire.bridge.output().includes('SECRETSECRET'));
  });

  it('does not contain tokens, keys or signatures, even at the most verbose level', async () => {
    const tokens = [await wire.token('reader'), await wire.token('scoped'), await wire.token('stranger')];
    for (const token of tokens) {
      await wire.get('/acme-lake/README.txt', { headers: { authorization: `Bearer ${token}` } });
      await wire.get('/acme-lake/README.txt', { headers: { authorization: `Bearer ${token}x` } });
      await wire.get('/-/whoami', { headers: { authorization: `Bearer ${token}` } });
    }
    await wire.fault({ upstream: 's3', fault: 'error', code: 'ExpiredToken', times: 1 });
    await wire.get('/acme-lake/README.txt', { as: 'reader' });
    await wire.fault({ upstream: 'sts', fault: 'error', code: 'AccessDenied', times: 2 });
    await wire.fault({ upstream: 's3', fault: 'error', code: 'InvalidToken', times: 2 });
    await wire.get('/acme-lake/README.txt', { as: 'reader' });
    const calls = await wire.calls('s3');
    const accessKeyIds = new Set(calls.map(({ accessKeyId }) => String(accessKeyId)));
    assert.ok(accessKeyIds.size > 0);
    const output = wire.bridge.output();
    for (const token of tokens)
      assert.ok(!output.includes(token.split('.')[2] ?? token), 'a signature of a token');
    assert.doesNotMatch(output, /eyJ[\w-]+\.eyJ/, 'a token');
    assert.doesNotMatch(output, /AWS4-HMAC-SHA256|Signature=|SessionToken|SecretAccessKey/i);
    for (const id of accessKeyIds) assert.ok(!output.includes(id), 'an access key');
  });
});
