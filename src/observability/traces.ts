// Decides which requests are traced, and passes them to the exporter, which is loaded on demand or soon after startup.
import type { TraceSettings } from '../config/types.ts';
import { describeUnknown } from '../errors/fault.ts';
import { tokenBuckets } from '../runtime/rate-limits.ts';
import type { Log } from './log.ts';
import type { RequestContext } from './request-context.ts';
import { requestTrace } from './request-trace.ts';
import type { RequestTrace } from './request-trace.ts';
import { traceContextOf } from './trace-context.ts';
import type { TraceContext } from './trace-context.ts';
import type { ExportFailure, TraceExport } from './trace-export.ts';

type LogRequest = (context: RequestContext) => void;

export interface Traces {
  /** @returns a function that calls `logRequest` and then traces the request; it must be called after a response has ended */
  recordAfter(logRequest: LogRequest): LogRequest;
  /** Sends the last spans, and resolves when they are sent or after `timeoutMs`. */
  end(timeoutMs: number): Promise<void>;
}

/** At most 100 requests per second are traced. Without a limit, callers could cause any load by setting the sampled flag. */
const RATE = { burst: 100, intervalMs: 10 };
/** The only key of the rate limit, because all requests share one limit. */
const ALL = '';

/** The delay before the exporter is loaded, so that a new process can serve its first object earlier. */
const LOAD_AFTER_MS = 2_000;

/** The minimum time between two log lines about failed exports. */
const LOG_EVERY_MS = 60_000;

/** @param settings undefined if the bridge sends no traces */
export function createTraces(settings: TraceSettings | undefined, log: Log): Traces {
  if (settings === undefined)
    return { recordAfter: (logRequest) => logRequest, end: () => Promise.resolve() };
  const failures = failureLog(settings, log);
  const rate = tokenBuckets(RATE);
  /** Traces that wait until the exporter is loaded. The rate limits their number. */
  let waiting: RequestTrace[] = [];
  let loading: Promise<TraceExport | undefined> | undefined;
  let ready: TraceExport | undefined;
  let hasFailed = false;
  const load = async (): Promise<TraceExport | undefined> => {
    try {
      const { startTraceExport } = await import('./trace-export.ts');
      const { default: manifest } = await import('../../package.json', { with: { type: 'json' } });
      ready = startTraceExport(settings, { version: manifest.version, onFailure: failures.add });
      for (const request of waiting) ready.add(request);
    } catch (error) {
      hasFailed = true;
      log('ERROR', 'traces cannot be exported', {
        error: describeUnknown(error),
        remedy:
          'Reinstall the bridge with all its dependencies, and restart it. Until then, the bridge serves requests without traces.',
      });
    }
    waiting = [];
    return ready;
  };
  // Loads the exporter soon after startup even without a trace, because an update of the Git clone may replace the files later.
  const timer = setTimeout(() => void (loading ??= load()), LOAD_AFTER_MS).unref();
  const record: LogRequest = (context) => {
    // Anyone can send a trace context, but only callers with a valid token can cause an export.
    if (context.caller === undefined || hasFailed) return;
    if (!isSampled(settings.sampler, traceContextOf(context.request))) return;
    if (!rate.has(ALL)) return;
    rate.take(ALL);
    const request = requestTrace(context);
    if (ready !== undefined) ready.add(request);
    else {
      waiting.push(request);
      loading ??= load();
    }
  };
  return {
    recordAfter: (logRequest) => (context) => {
      logRequest(context);
      record(context);
    },
    end: async (timeoutMs) => {
      clearTimeout(timer);
      const traceExport = await loading;
      await traceExport?.end(timeoutMs);
      failures.end();
    },
  };
}

/** Decides like OpenTelemetry's built-in samplers ("Tracing SDK", Built-in samplers) whether to trace a request. */
function isSampled(
  { parentBased, ratio }: TraceSettings['sampler'],
  parent: TraceContext | undefined,
): boolean {
  if (parentBased && parent !== undefined) return parent.isSampled;
  if (ratio === 0 || ratio === 1) return ratio === 1;
  return (parent === undefined ? Math.random() : shareOf(parent)) < ratio;
}

/** The digits of a trace ID that are used as a random number: 52 bits, which a number can hold exactly. */
const RANDOM_DIGITS = 13;

/**
 * Returns a number from 0 to 1 that is the same in every service of a trace. All services use the random end of the trace ID (W3C
 * Trace Context, Level 2).
 */
const shareOf = ({ traceId }: TraceContext): number =>
  Number.parseInt(traceId.slice(-RANDOM_DIGITS), 16) / 16 ** RANDOM_DIGITS;

interface FailureLog {
  add(failure: ExportFailure): void;
  /** Logs the failures that have not been logged yet. */
  end(): void;
}

/** Logs the first failure at once, and then at most one line per minute. Logs neither headers nor the collector's response. */
function failureLog(settings: TraceSettings, log: Log): FailureLog {
  const { host } = new URL(settings.url);
  let spans = 0;
  let code: ExportFailure['code'];
  let loggedAt = -Infinity;
  const write = (): void => {
    log('WARNING', `the collector at ${host} did not accept ${spans} spans`, {
      spans,
      collector: host,
      cause: { code },
      remedy:
        'Check OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS and the collector. The spans are lost; reads are not affected.',
    });
    spans = 0;
    loggedAt = performance.now();
  };
  return {
    add: (failure) => {
      spans += failure.spans;
      code = failure.code;
      if (performance.now() - loggedAt >= LOG_EVERY_MS) write();
    },
    end: () => {
      if (spans > 0) write();
    },
  };
}
