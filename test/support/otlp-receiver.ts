// An HTTP server that receives traces as an OpenTelemetry collector does (OTLP over HTTP). The server decodes Protocol Buffers on
// its own, by the field numbers in opentelemetry-proto, so that tests do not trust the library that encoded them.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { fieldsOf, textOf } from './protobuf.ts';
import type { Fields } from './protobuf.ts';
import { until } from './until.ts';

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** The parent span's ID; '' for the first span of a trace. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client' | 'other';
  /** The start of the span, in nanoseconds since the Unix epoch. */
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly status: 'unset' | 'ok' | 'error';
  /** The attributes of the service that sent the span. */
  readonly resource: Readonly<Record<string, string | number>>;
}

export interface OtlpReceiver {
  readonly origin: string;
  readonly spans: readonly ReceivedSpan[];
  /** The paths and headers of all requests so far. */
  readonly requests: readonly { readonly path: string; readonly headers: IncomingHttpHeaders }[];
  /**
   * Sets the status of the responses. With `never`, the receiver sends no responses. The receiver keeps spans only if the status
   * is 200.
   */
  respondWith(status: number | 'never'): void;
  /** Waits for the span of the request with this ID. @returns all spans of its trace, the request's span first */
  trace(requestId: string): Promise<readonly ReceivedSpan[]>;
  close(): void;
}

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const requests: { path: string; headers: IncomingHttpHeaders }[] = [];
  let status: number | 'never' = 200;
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      requests.push({ path: request.url ?? '', headers: request.headers });
      if (status === 200) spans.push(...spansIn(body));
      if (status === 'never') return;
      // Sends an empty message, which means that every span was accepted.
      response.writeHead(status, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    requests,
    respondWith: (next) => {
      status = next;
    },
    trace: async (requestId) => {
      const find = () => spans.find(({ attributes }) => attributes['fedbridge.request_id'] === requestId);
      await until(`a span of ${requestId}`, () => find() !== undefined);
      const own = find();
      return own === undefined
        ? []
        : [own, ...spans.filter(({ parentSpanId }) => parentSpanId === own.spanId)];
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Decodes an ExportTraceServiceRequest (opentelemetry-proto, trace_service.proto and trace.proto). */
function spansIn(body: Buffer): ReceivedSpan[] {
  return fieldsOf(body)
    .messages(1)
    .flatMap((resourceSpans) => {
      const resource = attributesIn(resourceSpans.messages(1).flatMap((message) => message.messages(1)));
      return resourceSpans
        .messages(2)
        .flatMap((scopeSpans) => scopeSpans.messages(2))
        .map((span) => spanIn(span, resource));
    });
}

const KINDS = new Map<bigint, ReceivedSpan['kind']>([
  [1n, 'internal'],
  [2n, 'server'],
  [3n, 'client'],
]);

function spanIn(span: Fields, resource: ReceivedSpan['resource']): ReceivedSpan {
  const [status] = span.messages(15);
  const code = status?.number(3) ?? 0n;
  return {
    traceId: span.bytes(1).toString('hex'),
    spanId: span.bytes(2).toString('hex'),
    parentSpanId: span.bytes(4).toString('hex'),
    name: textOf(span.bytes(5)),
    kind: KINDS.get(span.number(6)) ?? 'other',
    start: span.number(7),
    end: span.number(8),
    attributes: attributesIn(span.messages(9)),
    status: code === 2n ? 'error' : code === 1n ? 'ok' : 'unset',
    resource,
  };
}

/** Decodes KeyValue messages with strings, integers and doubles (opentelemetry-proto, common.proto). */
function attributesIn(pairs: readonly Fields[]): Record<string, string | number> {
  const attributes: Record<string, string | number> = {};
  for (const pair of pairs) {
    const [value] = pair.messages(2);
    attributes[textOf(pair.bytes(1))] = value === undefined ? '' : valueOf(value);
  }
  return attributes;
}

function valueOf(value: Fields): string | number {
  if (value.has(3)) return Number(value.number(3));
  if (!value.has(4)) return textOf(value.bytes(1));
  const bits = Buffer.alloc(8);
  bits.writeBigUInt64LE(value.number(4));
  return bits.readDoubleLE();
}
