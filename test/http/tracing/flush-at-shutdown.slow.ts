// Traces that are still waiting when the process receives SIGTERM are sent before it exits.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startOtlpReceiver } from '../../support/otlp-receiver.ts';
import { until } from '../../support/until.ts';
import { startWire } from '../../support/wire.ts';

/** A delay longer than the test, so that only the shutdown sends the traces. */
const DELAY_MS = '60000';
const READABLE = '/acme-lake/raw/public/orders.csv';

describe('traces that have not been sent at shutdown', () => {
  it('are sent after SIGTERM', async (test) => {
    const receiver = await startOtlpReceiver();
    const wire = await startWire({
      ownProcess: true,
      environment: {
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.origin,
        OTEL_BSP_SCHEDULE_DELAY: DELAY_MS,
      },
    });
    test.after(async () => {
      await wire.close();
      receiver.close();
    });
    const ids = new Set<string>();
    for (let i = 0; i < 3; i += 1) {
      const reply = await wire.get(READABLE, { as: 'reader' });
      assert.equal(reply.status, 200);
      ids.add(String(reply.headers['x-request-id']));
    }
    assert.equal(receiver.spans.length, 0);
    assert.equal(await wire.bridge.stop('SIGTERM'), 0);
    const received = receiver.spans.map(({ attributes }) => attributes['fedbridge.request_id']);
    assert.deepEqual(new Set(received.filter((id) => id !== undefined)), ids);
  });

  it('do not keep the process alive if the collector does not respond', async (test) => {
    const receiver = await startOtlpReceiver();
    const wire = await startWire({
      ownProcess: true,
      config: ({ audience, region, role, bucket, callers }) => `
audience: ${audience}
aws: { region: ${region} }
roles: { lake: { arn: ${role} } }
buckets: { ${bucket}: { role: lake } }
grants: [{ callers: [${callers.reader}], allow: [get], bucket: ${bucket} }]
limits: { drain: 1s }`,
      environment: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.origin, OTEL_BSP_SCHEDULE_DELAY: '20' },
    });
    test.after(async () => {
      await wire.close();
      receiver.close();
    });
    receiver.respondWith('never');
    assert.equal((await wire.get(READABLE, { as: 'reader' })).status, 200);
    await until('the traces are sent', () => receiver.requests.length > 0);
    assert.equal(await wire.bridge.stop('SIGTERM'), 0);
    const line = await wire.bridge.line(({ spans }) => spans === 4);
    assert.deepEqual(line['cause'], { code: 'process_ended' });
    assert.equal(wire.bridge.lines.at(-1)?.['message'], 'ended');
  });
});
