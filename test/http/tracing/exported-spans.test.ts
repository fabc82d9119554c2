// A collector receives the spans of each sampled request, with the right parents, times, statuses and attributes.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startOtlpReceiver } from '../../support/otlp-receiver.ts';
import type { OtlpReceiver, ReceivedSpan } from '../../support/otlp-receiver.ts';
import { startWire } from '../../support/wire.ts';
import type { CallerName, Wire } from '../../support/wire.ts';

const READABLE = '/acme-lake/raw/public/orders.csv';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const SAMPLED = { traceparent: `00-${TRACE}-${SPAN}-01` };

const idOf = ({ headers }: { readonly headers: Readonly<Record<string, unknown>> }): string =>
  String(headers['x-request-id']);
const namesOf = (spans: readonly ReceivedSpan[]): string[] => spans.map(({ name }) => name);

let receiver: OtlpReceiver;
let wire: Wire;
before(async () => {
  receiver = await startOtlpReceiver();
  wire = await startWire({
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.origin,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-api-key=s3cr3t%2Fkey',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=staging,service.name=other',
      OTEL_SERVICE_NAME: 'lake-bridge',
      OTEL_BSP_SCHEDULE_DELAY: '20',
      OTEL_TRACES_SAMPLER: 'parentbased_always_off',
    },
  });
});
after(async () => {
  await wire.close();
  receiver.close();
});

/** Sends a sampled request, and returns the spans that the collector receives for it. */
async function traced(
  path: string,
  { as, headers = {} }: { readonly as: CallerName; readonly headers?: Readonly<Record<string, string>> },
): Promise<readonly ReceivedSpan[]> {
  const reply = await wire.get(path, { as, headers: { ...SAMPLED, ...headers } });
  return receiver.trace(idOf(reply));
}

describe('the spans of a read', () => {
  let spans: readonly ReceivedSpan[];
  let sentAt: bigint;
  let receivedAt: bigint;
  const nanoseconds = (milliseconds: number): bigint => BigInt(milliseconds) * 1_000_000n;
  before(async () => {
    sentAt = nanoseconds(Date.now());
    spans = await traced(READABLE, { as: 'reader', headers: { 'user-agent': 'pandas/2' } });
    receivedAt = nanoseconds(Date.now());
  });

  it("are a span for the request, whose parent is the caller's span, and a child span for each step", () => {
    const [own, ...steps] = spans;
    assert.ok(own);
    assert.deepEqual(namesOf(spans), ['GET GetObject', 'authenticate', 'federate', 'read']);
    assert.deepEqual(
      spans.map(({ kind }) => kind),
      ['server', 'internal', 'internal', 'client'],
    );
    for (const { traceId } of spans) assert.equal(traceId, TRACE);
    assert.equal(own.parentSpanId, SPAN);
    for (const { parentSpanId } of steps) assert.equal(parentSpanId, own.spanId);
    assert.equal(new Set(spans.map(({ spanId }) => spanId)).size, 4);
  });

  it('show the steps one after another, without gaps, from the start to the end of the request', () => {
    const [own, ...steps] = spans;
    assert.ok(own);
    // The bridge measures with two clocks, whose readings differ by up to a millisecond.
    assert.ok(own.start >= sentAt - 1_000_000n && own.end <= receivedAt + 1_000_000n);
    let at = own.start;
    for (const { name, start, end } of steps) {
      // Times are rounded to nanoseconds.
      const gap = start - at;
      assert.ok(gap >= -1000n && gap <= 1000n, `${name} begins ${gap} ns after the end of the step before`);
      assert.ok(end >= start, name);
      at = end;
    }
    assert.equal(at, own.end);
  });

  it('have an unset status if the read succeeded', () => {
    for (const { name, status, attributes } of spans) {
      assert.equal(status, 'unset', name);
      assert.equal(attributes['error.type'], undefined);
    }
  });

  it("have the attributes that OpenTelemetry's conventions define", async () => {
    const [own, , federate, read] = spans;
    const line = await wire.bridge.line(
      ({ requestId }) => requestId === own?.attributes['fedbridge.request_id'],
    );
    const { hostname, port } = new URL(wire.bridge.url);
    const { 'fedbridge.request_id': requestId, ...attributes } = own?.attributes ?? {};
    assert.equal(requestId, line['requestId']);
    assert.deepEqual(attributes, {
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'url.path': READABLE,
      'url.scheme': 'http',
      'server.address': hostname,
      'server.port': Number(port),
      'network.protocol.version': '1.1',
      'user_agent.original': 'pandas/2',
      'fedbridge.operation': 'GetObject',
      'fedbridge.bucket': 'acme-lake',
      'fedbridge.role': 'lake',
    });
    assert.deepEqual(federate?.attributes, { 'fedbridge.role': 'lake' });
    assert.equal(read?.attributes['aws.request_id'], line['s3RequestId']);
    assert.equal(read?.attributes['http.response.status_code'], 200);
  });

  it('do not identify the caller', async () => {
    const own = spans[0]?.attributes['fedbridge.request_id'];
    const line = await wire.bridge.line(({ requestId }) => requestId === own);
    const text = JSON.stringify(spans.map(({ attributes }) => attributes));
    for (const field of ['caller', 'callerId', 'sessionName']) {
      assert.equal(typeof line[field], 'string', field);
      assert.ok(!text.includes(String(line[field])), field);
    }
  });

  it("describe the service as OpenTelemetry's standard environment variables specify", () => {
    const { resource } = spans[0] ?? {};
    assert.equal(resource?.['service.name'], 'lake-bridge');
    assert.equal(resource['deployment.environment.name'], 'staging');
    assert.match(String(resource['service.version']), /^\d+\.\d+\.\d+/);
    assert.equal(resource['telemetry.sdk.language'], 'nodejs');
  });

  it('are sent to /v1/traces at the configured endpoint, with the configured headers', () => {
    const [first] = receiver.requests;
    assert.equal(first?.path, '/v1/traces');
    assert.equal(first.headers['x-api-key'], 's3cr3t/key');
    assert.equal(first.headers['content-type'], 'application/x-protobuf');
  });
});

describe('the spans of a failed request', () => {
  it('do not include the steps after the failure', async () => {
    const [own, ...steps] = await traced('/acme-lake/raw/private/salaries.csv', { as: 'scoped' });
    assert.equal(own?.attributes['http.response.status_code'], 403);
    assert.equal(own.attributes['error.type'], 'not_granted');
    assert.equal(own.status, 'unset', "a caller's mistake is no error of the server");
    assert.deepEqual(namesOf(steps), ['authenticate']);
  });

  it("show S3's error on the span of the read, but not on the span of the request, if the caller caused the error", async () => {
    const [own, , , read] = await traced('/acme-lake/no-such-key', { as: 'reader' });
    assert.equal(own?.attributes['http.response.status_code'], 404);
    assert.equal(own.status, 'unset');
    assert.equal(read?.name, 'read');
    assert.equal(read.status, 'error');
    assert.deepEqual(
      [read.attributes['http.response.status_code'], read.attributes['error.type']],
      [404, 'NoSuchKey'],
    );
  });

  it('show the error on both the federate step and the request if the role cannot be assumed', async () => {
    await wire.fault({ upstream: 'sts', fault: 'error', code: 'AccessDenied' });
    // A caller without a session, so that the bridge calls STS.
    const spans = await traced(READABLE, { as: 'scoped' });
    await wire.clearFaults();
    const [own, , federate] = spans;
    assert.deepEqual(namesOf(spans), ['GET GetObject', 'authenticate', 'federate']);
    assert.equal(own?.attributes['http.response.status_code'], 502);
    for (const span of [own, federate]) {
      assert.equal(span?.status, 'error');
      assert.equal(span.attributes['error.type'], 'sts_denied');
    }
    assert.equal(federate?.end, own.end);
  });
});

describe('a trace context', () => {
  /** Sends a request that must not be traced, and then one that is; traces arrive in order. */
  const isTraced = async (options: {
    readonly as?: CallerName;
    readonly headers: Readonly<Record<string, string>>;
  }): Promise<boolean> => {
    const reply = await wire.get(READABLE, options);
    await traced(READABLE, { as: 'reader' });
    return receiver.spans.some(({ attributes }) => attributes['fedbridge.request_id'] === idOf(reply));
  };

  it('in X-Cloud-Trace-Context is used if there is no valid traceparent', async () => {
    for (const traceparent of [undefined, '00-xyz-01']) {
      const headers = { 'x-cloud-trace-context': `${TRACE}/74;o=1` };
      const reply = await wire.get(READABLE, {
        as: 'reader',
        headers: { ...headers, ...(traceparent === undefined ? {} : { traceparent }) },
      });
      const [own] = await receiver.trace(idOf(reply));
      assert.deepEqual([own?.traceId, own?.parentSpanId], [TRACE, '000000000000004a']);
    }
  });

  for (const [why, traceparent] of [
    ['is not sampled', `00-${TRACE}-${SPAN}-00`],
    ['has a trace ID of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['has a span ID of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['has the invalid version ff', `ff-${TRACE}-${SPAN}-01`],
    ['is too long for version 00', `00-${TRACE}-${SPAN}-01-x`],
    ['has capital letters', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['occurs twice', `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`],
  ] as const)
    it(`does not cause the request to be traced if it ${why}`, async () => {
      assert.equal(await isTraced({ as: 'reader', headers: { traceparent } }), false);
    });

  it('with a later traceparent version is accepted', async () => {
    const traceparent = `01-${TRACE}-${SPAN}-01-more`;
    assert.equal(await isTraced({ as: 'reader', headers: { traceparent } }), true);
  });

  it('does not cause the request to be traced if the caller has no valid token', async () => {
    assert.equal(await isTraced({ headers: SAMPLED }), false);
    const forged = `Bearer ${(await wire.token('reader')).slice(0, -8)}AAAAAAAA`;
    assert.equal(await isTraced({ headers: { ...SAMPLED, authorization: forged } }), false);
  });
});
