// A failing trace collector does not affect reads. Its failures are logged rarely, and without the configured headers.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startOtlpReceiver } from '../../support/otlp-receiver.ts';
import { startWire } from '../../support/wire.ts';
import { until } from '../../support/until.ts';

const READABLE = '/acme-lake/raw/public/orders.csv';
const isFailure = ({ message }: { readonly message?: unknown }): boolean =>
  String(message).includes('did not accept');

describe('a failing trace collector', () => {
  it('that rejects the API key is logged at most once a minute, without the key', async () => {
    const receiver = await startOtlpReceiver();
    receiver.respondWith(401);
    const wire = await startWire({
      environment: {
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.origin,
        OTEL_EXPORTER_OTLP_HEADERS: 'x-api-key=s3cr3t',
        OTEL_BSP_SCHEDULE_DELAY: '20',
      },
    });
    try {
      for (let i = 1; i <= 3; i += 1) {
        assert.equal((await wire.get(READABLE, { as: 'reader' })).status, 200);
        await until('the traces are sent', () => receiver.requests.length >= i);
      }
      const line = await wire.bridge.line(isFailure);
      assert.equal(line['severity'], 'WARNING');
      assert.deepEqual(line['cause'], { code: 401 });
      assert.equal(line['collector'], new URL(receiver.origin).host);
      assert.match(String(line['remedy']), /OTEL_EXPORTER_OTLP_HEADERS/);
      assert.equal(wire.bridge.lines.filter(isFailure).length, 1);
      await wire.bridge.stop();
      const lines = wire.bridge.lines.filter(isFailure);
      assert.deepEqual(
        lines.map(({ spans }) => spans),
        [4, 8],
        'the last line counts the failures since the first',
      );
      assert.doesNotMatch(wire.bridge.output(), /s3cr3t/);
    } finally {
      await wire.close();
      receiver.close();
    }
  });

  it('that is unreachable does not prevent a shutdown, and the bridge logs how many spans were lost', async () => {
    const receiver = await startOtlpReceiver();
    receiver.close();
    const wire = await startWire({
      config: ({ audience, region, role, bucket, callers }) => `
audience: ${audience}
aws: { region: ${region} }
roles: { lake: { arn: ${role} } }
buckets: { ${bucket}: { role: lake } }
grants: [{ callers: [${callers.reader}], allow: [get], bucket: ${bucket} }]
limits: { drain: 0s }`,
      environment: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.origin, OTEL_BSP_SCHEDULE_DELAY: '20' },
    });
    try {
      assert.equal((await wire.get(READABLE, { as: 'reader' })).status, 200);
      assert.equal(await wire.bridge.stop(), 0);
      // On its own, the library would retry for five seconds.
      const line = await wire.bridge.line(isFailure);
      assert.deepEqual([line['spans'], line['cause']], [4, { code: 'process_ended' }]);
    } finally {
      await wire.close();
    }
  });
});
