// Describes a finished request as spans: one for the request, and one for each step that the request reached.
import { logText, pathText } from './log-text.ts';
import { NOT_REACHED } from './request-context.ts';
import type { RequestContext } from './request-context.ts';
import { traceContextOf } from './trace-context.ts';
import type { TraceContext } from './trace-context.ts';

/** Attributes with names from OpenTelemetry's semantic conventions, or with the prefix `fedbridge.`. */
export type Attributes = Readonly<Record<string, string | number>>;

/** Times are in milliseconds since the Unix epoch, with fractions. */
export interface SpanDescription {
  readonly name: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly attributes: Attributes;
  readonly isError: boolean;
}

export interface RequestTrace extends SpanDescription {
  /** The caller's span; undefined if the request begins a trace. */
  readonly parent: TraceContext | undefined;
  readonly steps: readonly SpanDescription[];
}

/**
 * Describes a request without the caller's email, unique ID and address. The request's log line contains them, and
 * `fedbridge.request_id` identifies that line.
 * @param context a request whose response has ended
 */
export function requestTrace(context: RequestContext): RequestTrace {
  const { request, response } = context;
  // The origin is computed from the current time, because performance.timeOrigin does not follow changes of the system's clock.
  const endedAt = Date.now();
  const origin = endedAt - performance.now();
  const parent = traceContextOf(request);
  const status = response.headersSent ? response.statusCode : undefined;
  const isAborted = !response.writableFinished;
  const failedByServer = context.abortedBy === 's3' || context.abortedBy === 'bridge';
  const isError = failedByServer || (status !== undefined && status >= 500);
  return {
    parent: parent?.spanId === undefined ? undefined : parent,
    name: `${request.method ?? ''} ${context.operation}`,
    startedAt: origin + context.startedAt,
    endedAt,
    isError,
    attributes: defined({
      'http.request.method': request.method,
      'http.response.status_code': status,
      'url.path': pathText(request.url),
      'url.scheme': 'http',
      ...serverOf(request.headers.host),
      'network.protocol.version': request.httpVersion,
      'user_agent.original': ifDefined(logText, request.headers['user-agent']),
      'error.type': isError || context.fault !== undefined ? reasonOf(context, status) : undefined,
      'fedbridge.request_id': context.requestId,
      'fedbridge.operation': context.operation,
      'fedbridge.bucket': context.bucket,
      'fedbridge.role': context.role,
      'fedbridge.aborted_by': isAborted ? (context.abortedBy ?? 'caller') : undefined,
    }),
    steps: stepsOf(context, { origin, endedAt, status, isAborted }),
  };
}

/** Returns the spans of the steps, which are consecutive: each step begins when the one before it ends. */
function stepsOf(
  context: RequestContext,
  request: {
    readonly origin: number;
    readonly endedAt: number;
    readonly status: number | undefined;
    readonly isAborted: boolean;
  },
): SpanDescription[] {
  const { origin, endedAt, status, isAborted } = request;
  const { tokenMs, stsMs, s3FirstByteMs, role } = context;
  const steps: SpanDescription[] = [];
  let startedAt = origin + context.startedAt;
  if (tokenMs === NOT_REACHED) return steps;
  steps.push({
    name: 'authenticate',
    startedAt,
    endedAt: (startedAt += tokenMs),
    attributes: {},
    isError: false,
  });
  // If there is no role, the request was denied, or was served without AWS.
  if (role === undefined) return steps;
  const hasSession = stsMs !== NOT_REACHED;
  steps.push({
    name: 'federate',
    startedAt,
    endedAt: hasSession ? (startedAt += stsMs) : endedAt,
    attributes: defined({
      'fedbridge.role': role,
      'error.type': hasSession ? undefined : reasonOf(context, status),
    }),
    isError: !hasSession,
  });
  if (!hasSession) return steps;
  const hasResponse = s3FirstByteMs !== NOT_REACHED;
  const s3Status = context.s3?.status ?? (hasResponse ? status : undefined);
  // For a client's span, OpenTelemetry's conventions define every status of 400 or higher as an error.
  const isError = !hasResponse || context.abortedBy === 's3' || (s3Status ?? 0) >= 400;
  steps.push({
    name: 'read',
    startedAt,
    endedAt,
    attributes: defined({
      'http.request.method': context.request.method,
      'http.response.status_code': s3Status,
      'aws.request_id': context.s3RequestId,
      'error.type': isError ? reasonOf(context, s3Status) : undefined,
      'fedbridge.first_byte_ms': hasResponse ? s3FirstByteMs : undefined,
      'fedbridge.aborted_by': isAborted ? (context.abortedBy ?? 'caller') : undefined,
      'fedbridge.retries': context.counters.retries || undefined,
      'fedbridge.resumed': context.counters.resumed || undefined,
    }),
    isError,
  });
  return steps;
}

/** Returns the fault's or S3's error code, the party that ended the response early, or the status. */
function reasonOf({ fault, s3, abortedBy }: RequestContext, status: number | undefined): string {
  return fault?.code ?? s3?.code ?? abortedBy ?? (status === undefined ? 'canceled' : String(status));
}

/** Returns the attributes of the host that the caller addressed. */
function serverOf(host: string | undefined): Record<string, string | number> {
  const [, name, port] = /^(\[[0-9a-f:.]+\]|[\w.-]{1,255})(?::(\d{1,5}))?$/i.exec(host ?? '') ?? [];
  if (name === undefined) return {};
  return { 'server.address': name, ...(port === undefined ? {} : { 'server.port': Number(port) }) };
}

function defined(all: Readonly<Record<string, string | number | undefined>>): Attributes {
  const kept: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(all)) if (value !== undefined) kept[name] = value;
  return kept;
}

const ifDefined = (change: (text: string) => string, text: string | undefined): string | undefined =>
  text === undefined ? undefined : change(text);
