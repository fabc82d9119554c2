// /-/egress shows operators the bytes received from S3 by caller, bucket and path, with an estimate of their cost.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { configured, emailOf, READER_MAY_ALL } from '../../support/configuration.ts';
import type { Reply } from '../../support/http-request.ts';
import { until } from '../../support/until.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

interface Report {
  readonly estimate: boolean;
  readonly since: string;
  readonly total: { readonly bytes: number; readonly estimatedCost: number };
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

describe('/-/egress', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({
      config: configured({
        grants: [READER_MAY_ALL],
        more: `operators: [${emailOf('scoped')}]\negress: { prices: { us-east-2: { endpoint: 0.5 }, eu-west-1: { endpoint: 0.5 } } }`,
      }),
    });
    await wire.put('1m.bin', Buffer.alloc(1024 * 1024));
  });
  after(() => wire.close());

  const report = async (): Promise<Report> =>
    JSON.parse((await wire.get('/-/egress', { as: 'scoped' })).text) as Report;
  const lineOf = (reply: Reply) =>
    wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);

  it('is available only to operators', async () => {
    assert.equal((await wire.get('/-/egress', { as: 'reader' })).status, 403);
    assert.equal((await wire.get('/-/egress')).status, 401);
  });

  it('shows the number of bytes that each caller has read, and their cost at the configured price', async () => {
    const none = await report();
    assert.deepEqual([none.rows, none.total.estimatedCost], [[], 0]);
    assert.ok(!Number.isNaN(Date.parse(none.since)));
    const read = await wire.get('/acme-lake/1m.bin', { as: 'reader' });
    await wire.get('/acme-lake/1m.bin', { as: 'reader', method: 'HEAD' });
    const line = await lineOf(read);
    assert.deepEqual([line['bytesFromS3'], line['path']], [1024 * 1024, 'endpoint']);
    await until('the report includes the read', async () => (await report()).rows.length > 0);
    const { rows, total, estimate } = await report();
    assert.deepEqual(rows, [
      {
        caller: emailOf('reader'),
        bucket: 'acme-lake',
        region: line['region'],
        path: 'endpoint',
        bytes: 1024 * 1024,
        pricePerGB: 0.5,
        estimatedCost: 0.000488,
        priceSource: 0,
      },
    ]);
    assert.deepEqual([estimate, total.bytes, total.estimatedCost], [true, 1024 * 1024, 0.000488]);
  });
});
