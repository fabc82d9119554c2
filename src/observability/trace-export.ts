// Creates OpenTelemetry spans for finished requests and sends them to a collector. Loaded only if traces are configured, because
// loading the libraries takes time and memory.
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import type { Context, HrTime } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { TraceSettings } from '../config/types.ts';
import type { RequestTrace, SpanDescription } from './request-trace.ts';

/** A failure to send spans to the collector: the number of spans and the reason. */
export interface ExportFailure {
  readonly spans: number;
  /** The HTTP status, the code of the network error, or `process_ended`; undefined for other errors. */
  readonly code: string | number | undefined;
}

export interface TraceExport {
  add(request: RequestTrace): void;
  /** Sends all waiting spans, and resolves when they are sent or after `timeoutMs`. */
  end(timeoutMs: number): Promise<void>;
}

/** The maximum number of waiting spans; further spans are dropped. A traced request has up to four. */
const MAX_QUEUED = 2_048;

/** The timeout for sending a batch, including retries; less than the default of `limits.drain`. */
const SEND_MS = 5_000;

/** @param options.onFailure called for each batch that could not be sent */
export function startTraceExport(
  { url, headers, resource, delayMs }: TraceSettings,
  options: { readonly version: string; readonly onFailure: (failure: ExportFailure) => void },
): TraceExport {
  // This option is set explicitly, because a Node option can change the default.
  const agent = url.startsWith('https:')
    ? new HttpsAgent({ keepAlive: true, rejectUnauthorized: true })
    : new HttpAgent({ keepAlive: true });
  const sender = new OTLPTraceExporter({
    url,
    headers: { ...headers },
    timeoutMillis: SEND_MS,
    httpAgentOptions: () => agent,
  });
  const provider = new TracerProvider({
    resource: defaultResource().merge(
      resourceFromAttributes({ 'service.version': options.version, ...resource }),
    ),
    // Samples every span, because `traces.ts` has already decided which requests to trace.
    sampler: new AlwaysOnSampler(),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: watched(sender, (spans, failure) => {
          unsent -= spans;
          if (failure !== undefined) options.onFailure(failure);
        }),
        scheduledDelayMillis: delayMs,
        maxQueueSize: MAX_QUEUED,
        exportTimeoutMillis: SEND_MS,
      }),
    ],
  });
  let unsent = 0;
  const tracer = provider.getTracer('fedbridge', options.version);
  const record = (description: SpanDescription, kind: SpanKind, parent: Context): Context => {
    const { name, startedAt, endedAt, attributes, isError } = description;
    unsent += 1;
    const span = tracer.startSpan(name, { kind, startTime: hrTime(startedAt), attributes }, parent);
    if (isError) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(hrTime(endedAt));
    return trace.setSpan(parent, span);
  };
  return {
    add: (request) => {
      const own = record(request, SpanKind.SERVER, parentContext(request));
      for (const step of request.steps)
        record(step, step.name === 'read' ? SpanKind.CLIENT : SpanKind.INTERNAL, own);
    },
    end: async (timeoutMs) => {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const timer = setTimeout(resolve, timeoutMs, undefined);
      // Ignores a failure, because it has already been reported.
      const sent = provider.shutdown().catch(() => undefined);
      await Promise.race([sent, promise]);
      clearTimeout(timer);
      agent.destroy();
      if (unsent > 0) options.onFailure({ spans: unsent, code: 'process_ended' });
    },
  };
}

function parentContext({ parent }: RequestTrace): Context {
  if (parent?.spanId === undefined) return ROOT_CONTEXT;
  const { traceId, spanId } = parent;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    // Marks the caller's span as sampled, because the bridge exports its own span even if the caller's span is not sampled.
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
  });
}

/** Converts milliseconds since the epoch to seconds and nanoseconds, which keep the fractions. */
function hrTime(milliseconds: number): HrTime {
  const seconds = Math.floor(milliseconds / 1000);
  return [seconds, Math.round((milliseconds - seconds * 1000) * 1e6)];
}

/**
 * Wraps an exporter, because the library reports failures only to its own log, whose messages may contain the collector's text.
 * @param onSent called for each batch, after it was sent or has failed
 */
function watched(
  sender: SpanExporter,
  onSent: (spans: number, failure: ExportFailure | undefined) => void,
): SpanExporter {
  return {
    export: (spans, done) => {
      sender.export(spans, (result) => {
        const failure =
          result.error === undefined ? undefined : { spans: spans.length, code: codeOf(result.error) };
        onSent(spans.length, failure);
        done(result);
      });
    },
    forceFlush: () => sender.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => sender.shutdown(),
  };
}

function codeOf(error: unknown): string | number | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' || typeof error.code === 'number' ? error.code : undefined;
}
