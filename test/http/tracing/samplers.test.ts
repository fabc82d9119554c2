// The standard samplers decide which requests are traced.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startOtlpReceiver } from '../../support/otlp-receiver.ts';
import type { OtlpReceiver } from '../../support/otlp-receiver.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const READABLE = '/acme-lake/raw/public/orders.csv';

/** A trace ID whose random end is this share of the largest one. */
const traceIdAt = (share: number): string =>
  `4bf92f3577b34da6a3c${Math.floor(share * 16 ** 13)
    .toString(16)
    .padStart(13, '0')}`;

const traceparent = (share: number, flags: '00' | '01'): string =>
  `00-${traceIdAt(share)}-00f067aa0ba902b7-${flags}`;

const CONTEXTS: Readonly<Record<string, string | undefined>> = {
  none: undefined,
  'sampled, low ID': traceparent(0.2, '01'),
  'sampled, high ID': traceparent(0.3, '01'),
  'not sampled, low ID': traceparent(0.2, '00'),
  'not sampled, high ID': traceparent(0.3, '00'),
};

async function withTraces(
  variables: Readonly<Record<string, string>>,
  use: (wire: Wire, receiver: OtlpReceiver) => Promise<void>,
): Promise<void> {
  const receiver = await startOtlpReceiver();
  const wire = await startWire({
    environment: {
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.origin}/custom/path`,
      OTEL_BSP_SCHEDULE_DELAY: '20',
      ...variables,
    },
  });
  try {
    await use(wire, receiver);
  } finally {
    await wire.close();
    receiver.close();
  }
}

describe('the sampler', () => {
  for (const [sampler, argument, traced] of [
    ['always_on', '', Object.keys(CONTEXTS)],
    ['parentbased_always_on', '', ['none', 'sampled, low ID', 'sampled, high ID']],
    ['', '', ['none', 'sampled, low ID', 'sampled, high ID']],
    ['parentbased_always_off', '', ['sampled, low ID', 'sampled, high ID']],
    ['parentbased_traceidratio', '1', ['none', 'sampled, low ID', 'sampled, high ID']],
    ['parentbased_traceidratio', '0', ['sampled, low ID', 'sampled, high ID']],
    ['traceidratio', '1', Object.keys(CONTEXTS)],
    ['traceidratio', '0', []],
    ['always_off', '', []],
  ] as const)
    it(`${sampler === '' ? 'by default' : sampler} ${argument} traces requests with these contexts: ${traced.join('; ') || 'none at all'}`, async () => {
      const variables = { OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: argument };
      await withTraces(variables, async (wire, receiver) => {
        const ids = new Map<string, string>();
        for (const [name, context] of Object.entries(CONTEXTS)) {
          const headers: Record<string, string> = context === undefined ? {} : { traceparent: context };
          const reply = await wire.get(READABLE, { as: 'reader', headers });
          ids.set(String(reply.headers['x-request-id']), name);
        }
        // Closing the bridge sends the last traces.
        await wire.bridge.stop();
        const found = receiver.spans.flatMap(({ attributes }) => {
          const name = ids.get(String(attributes['fedbridge.request_id']));
          return name === undefined ? [] : [name];
        });
        assert.deepEqual(found, traced);
        for (const { path } of receiver.requests) assert.equal(path, '/custom/path');
      });
    });

  it("traceidratio decides by the trace ID, regardless of the caller's own sampling decision", async () => {
    const variables = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' };
    await withTraces(variables, async (wire, receiver) => {
      for (const context of Object.values(CONTEXTS))
        if (context !== undefined)
          await wire.get(READABLE, { as: 'reader', headers: { traceparent: context } });
      await wire.bridge.stop();
      const requests = receiver.spans.filter(({ kind }) => kind === 'server');
      assert.deepEqual(
        requests.map(({ traceId }) => traceId),
        [traceIdAt(0.2), traceIdAt(0.2)],
      );
    });
  });
});

describe('a request without a trace context', () => {
  it('starts a trace of its own', async () => {
    await withTraces({}, async (wire, receiver) => {
      const ids: string[] = [];
      for (let i = 0; i < 2; i += 1) {
        const reply = await wire.get(READABLE, { as: 'reader' });
        const [own] = await receiver.trace(String(reply.headers['x-request-id']));
        assert.equal(own?.parentSpanId, '');
        assert.match(own.traceId, /^[0-9a-f]{32}$/);
        ids.push(own.traceId);
      }
      assert.notEqual(ids[0], ids[1]);
    });
  });
});
