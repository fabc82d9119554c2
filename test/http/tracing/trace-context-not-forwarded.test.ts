// The caller's trace context stays in the bridge: neither STS nor S3 receives it, even if the request is traced.
import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { after, before, it } from 'node:test';
import { request as send } from '../../support/http-request.ts';
import { startOtlpReceiver } from '../../support/otlp-receiver.ts';
import type { OtlpReceiver } from '../../support/otlp-receiver.ts';
import { startStandIn } from '../../support/stand-in.ts';
import type { StandIn } from '../../support/stand-in.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CONTEXT = {
  traceparent: `00-${TRACE}-00f067aa0ba902b7-01`,
  tracestate: 'acme=1',
  baggage: 'team=data',
  'x-cloud-trace-context': `${TRACE}/74;o=1`,
  'x-amzn-trace-id': 'Root=1-67891233-abcdef012345678912345678',
};

/** Forwards each request to an emulator, and keeps the headers. */
const startRecorder = (origin: () => string): Promise<StandIn> =>
  startStandIn(async (request, response) => {
    const { method = '', url = '/', headers } = request;
    const body = await buffer(request);
    const kept = Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    );
    const reply = await send(origin(), url, { method, headers: Object.fromEntries(kept), body });
    response.writeHead(reply.status, [...reply.rawHeaders]).end(reply.body);
  });

let receiver: OtlpReceiver;
let sts: StandIn;
let s3: StandIn;
let wire: Wire;
before(async () => {
  receiver = await startOtlpReceiver();
  const upstreams = { sts: '', s3: '' };
  sts = await startRecorder(() => upstreams.sts);
  s3 = await startRecorder(() => upstreams.s3);
  wire = await startWire({
    environment: (contract) => {
      upstreams.sts = contract.sts;
      upstreams.s3 = contract.s3;
      return {
        AWS_ENDPOINT_URL_STS: sts.origin,
        AWS_ENDPOINT_URL_S3: s3.origin,
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.origin,
        OTEL_BSP_SCHEDULE_DELAY: '20',
      };
    },
  });
});
after(async () => {
  await wire.close();
  for (const server of [receiver, sts, s3]) server.close();
});

it('a trace context is not forwarded to STS or S3', async () => {
  // The bridge has no session for this caller yet, so it calls STS.
  const reply = await wire.get('/acme-lake/raw/public/orders.csv', { as: 'scoped', headers: CONTEXT });
  assert.equal(reply.status, 200, reply.text);
  const [own] = await receiver.trace(String(reply.headers['x-request-id']));
  assert.equal(own?.traceId, TRACE);
  for (const [name, { asked }] of [
    ['STS', sts],
    ['S3', s3],
  ] as const) {
    assert.ok(asked.length > 0, `${name} received requests`);
    for (const { url, headers } of asked) {
      const unwanted = Object.keys(headers).filter((header) => header in CONTEXT);
      assert.deepEqual(unwanted, [], name);
      const text = JSON.stringify([url, headers]).toLowerCase();
      for (const id of [TRACE, '00f067aa0ba902b7', own.spanId, 'team=data', '67891233'])
        assert.ok(!text.includes(id), `${name} received ${id}`);
    }
  }
});
