// Callers that sample every request cannot make the bridge export an unlimited number of traces.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startOtlpReceiver } from '../../support/otlp-receiver.ts';
import type { OtlpReceiver } from '../../support/otlp-receiver.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const SAMPLED = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

describe('the rate of traced requests', () => {
  let receiver: OtlpReceiver;
  let wire: Wire;
  before(async () => {
    receiver = await startOtlpReceiver();
    wire = await startWire({
      environment: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.origin, OTEL_BSP_SCHEDULE_DELAY: '20' },
    });
  });
  after(async () => {
    await wire.close();
    receiver.close();
  });

  it('is limited to 100 per second, even if callers sample every request', async () => {
    const authorization = `Bearer ${await wire.token('reader')}`;
    const startedAt = performance.now();
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let i = 0; i < 100; i += 1)
          await wire.get('/', {
            headers: { authorization, traceparent: SAMPLED },
          });
      }),
    );
    await wire.bridge.stop();
    const elapsedMs = performance.now() - startedAt;
    const traced = receiver.spans.filter(({ kind }) => kind === 'server').length;
    assert.ok(traced >= 100 && traced <= 100 + elapsedMs / 10, `${traced} in ${elapsedMs} ms`);
  });
});
