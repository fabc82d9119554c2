// Logs each request and counts it in the metrics when its response has ended.
import { callerLabels } from './caller-labels.ts';
import type { EgressSource, EgressTotals } from './egress/egress-totals.ts';
import type { Log, Severity } from './log.ts';
import type { Metrics } from './metrics.ts';
import { lineLimit } from './bounded-lines.ts';
import { createCallerMembers, decisionMembers } from './audit.ts';
import { member, members, quoted } from './json-members.ts';
import { createLateBytes } from './late-bytes.ts';
import type { EndedRequest } from './late-bytes.ts';
import { faultFields, s3Fields, traceFields } from './log-fields.ts';
import { logText, pathText, withoutTokens } from './log-text.ts';
import { NOT_REACHED } from './request-context.ts';
import type { RequestContext } from './request-context.ts';
import { milliseconds, seconds } from './time-text.ts';

/** The status to log if the caller disconnected before the response began; nginx logs the same status. */
const CLIENT_CLOSED_REQUEST = 499;

/**
 * The maximum number of requests without a valid token that are logged per fault in ten seconds. The limit is needed because
 * anyone can send such requests. Authenticated requests are always logged.
 */
const MAX_STRANGERS = 1_000;

/**
 * @param options.project returns the project for trace names in Cloud Logging; undefined if it is unknown
 * @param options.sourceOf returns where a bucket's bytes come from; undefined if a reload has removed the bucket
 * @param options.egress adds up the bytes from S3 by caller
 * @param options.isAborting returns whether the bridge is aborting all responses in progress
 * @returns a function that must be called at the `close` event of each response
 */
export function createAccessLog(options: {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly project: () => string | undefined;
  readonly isAborting: () => boolean;
  readonly sourceOf: (bucket: string) => EgressSource | undefined;
  readonly egress: EgressTotals;
}): (context: RequestContext) => void {
  const { log, metrics, egress } = options;
  const callerLabel = callerLabels();
  const callerMembers = createCallerMembers();
  const addEgress = ({ caller, bucket }: EndedRequest, source: EgressSource, bytes: number): void => {
    if (caller !== undefined && bucket !== undefined)
      egress.add(callerLabel(caller.email ?? caller.subject), bucket, source, bytes);
  };
  const expectLateBytes = createLateBytes({
    log,
    metrics,
    sourceOf: (request) => sourceOf(request, options.sourceOf),
    addEgress,
  });
  const mayLogStranger = lineLimit(log, 'requests without a valid token', MAX_STRANGERS);
  return (context) => {
    const { request, response } = context;
    const total = performance.now() - context.startedAt;
    const isComplete = response.writableFinished;
    if (!isComplete && options.isAborting()) context.abortedBy ??= 'bridge';
    const status = response.headersSent ? response.statusCode : CLIENT_CLOSED_REQUEST;
    const bytesSent = context.bytesSent + (isComplete ? context.documentBytes : 0);
    observe(metrics, context, { status, total, bytesSent });
    const source = sourceOf(context, options.sourceOf);
    if (source !== undefined) addEgress(context, source, context.counters.bytesFromS3);
    if (context.counters.flights > 0) expectLateBytes(context);
    const severity = severityOf(context, status);
    if (!log.isWanted(severity)) return;
    const { caller, fault, s3, abortedBy } = context;
    if (caller === undefined && !mayLogStranger(fault?.code ?? context.operation, severity)) return;
    const { headers } = request;
    const method = quoted(request.method ?? '');
    const url = quoted(pathText(request.url));
    const hasTrace = headers['traceparent'] !== undefined || headers['x-cloud-trace-context'] !== undefined;
    log.members(
      severity,
      `"httpRequest":{"requestMethod":${method},"requestUrl":${url},"status":${status}` +
        `,"responseSize":"${bytesSent}"` +
        member('userAgent', ifDefined(logText, headers['user-agent'])) +
        member('remoteIp', context.remoteIp) +
        `,"latency":"${seconds(total)}s","protocol":"HTTP/${request.httpVersion}"}` +
        (hasTrace ? members(traceFields(request, options.project())) : '') +
        `,"requestId":"${context.requestId}","operation":"${context.operation}"` +
        (caller === undefined ? '' : callerMembers(caller)) +
        decisionMembers(context) +
        member('role', context.role) +
        member('sessionName', context.sessionName) +
        member('bucket', context.bucket) +
        member('target', context.target) +
        member('key', ifDefined(caller === undefined ? logText : withoutTokens, context.key)) +
        member('prefix', ifDefined(withoutTokens, context.prefix)) +
        `,"status":${status},"bytesSent":${bytesSent},"bytesFromS3":${context.counters.bytesFromS3}` +
        member('region', source?.region) +
        member('path', source?.path === 'internet' ? undefined : source?.path) +
        (isComplete ? '' : `,"complete":false,"abortedBy":"${abortedBy ?? 'caller'}"`) +
        `,"milliseconds":{${stepTimes(context)}"total":${milliseconds(total)}}` +
        member('s3RequestId', context.s3RequestId) +
        member('cache', context.counters.cache?.result) +
        member('retries', context.counters.retries || undefined) +
        member('resumed', context.counters.resumed || undefined) +
        member('parts', context.counters.parts || undefined) +
        member('cloudFrontFallback', context.counters.cloudFrontFallback) +
        (s3 === undefined && abortedBy === undefined ? '' : members(s3Fields(context))) +
        (fault === undefined ? '' : members(faultFields(context))) +
        `,"message":${messageOf(context, method, url, status)}`,
    );
  };
}

/** Returns where a request's bytes came from; undefined if S3 sent none. */
function sourceOf(
  { counters, bucket }: EndedRequest,
  sourceOfBucket: (bucket: string) => EgressSource | undefined,
): EgressSource | undefined {
  if (counters.bytesFromS3 === 0 || bucket === undefined) return undefined;
  const source = sourceOfBucket(bucket);
  return source === undefined || counters.path === undefined ? source : { ...source, path: counters.path };
}

function observe(
  metrics: Metrics,
  context: RequestContext,
  {
    status,
    total,
    bytesSent,
  }: { readonly status: number; readonly total: number; readonly bytesSent: number },
): void {
  const { tokenMs, stsMs, s3FirstByteMs } = context;
  metrics.request(context.operation, status, bytesSent);
  metrics.traffic(context, bytesSent);
  metrics.requestDuration(total / 1000);
  if (tokenMs !== NOT_REACHED) metrics.stepDuration('token', tokenMs / 1000);
  if (stsMs !== NOT_REACHED) metrics.stepDuration('sts', stsMs / 1000);
  if (s3FirstByteMs !== NOT_REACHED) metrics.stepDuration('s3_first_byte', s3FirstByteMs / 1000);
}

/**
 * The probes' routes. Probes are logged at DEBUG, because the platform sends them every few seconds, and the problems that they
 * find are logged separately.
 */
const PROBES = new Set(['live', 'ready']);

/**
 * Returns the severity of a request's log line. Warnings and errors are only for problems that the operator may have to fix, not
 * for S3 errors that a caller caused.
 */
function severityOf(context: RequestContext, status: number): Severity {
  if (PROBES.has(context.operation)) return 'DEBUG';
  if (context.abortedBy === 's3' || context.abortedBy === 'bridge') return 'ERROR';
  if (status >= 500 && status !== 501) return 'ERROR';
  return context.fault !== undefined || context.s3?.fix !== undefined ? 'WARNING' : 'INFO';
}

/** Returns the message as a JSON string. `method` and `url` are JSON strings; codes contain no characters that need escapes. */
function messageOf(
  { fault, s3, abortedBy }: RequestContext,
  method: string,
  url: string,
  status: number,
): string {
  const why = fault?.code ?? s3?.code ?? (abortedBy === undefined ? undefined : `aborted by ${abortedBy}`);
  return `${method.slice(0, -1)} ${url.slice(1, -1)} ${status}${why === undefined ? '' : ` ${why}`}"`;
}

function stepTimes({ tokenMs, stsMs, s3FirstByteMs }: RequestContext): string {
  let text = '';
  if (tokenMs !== NOT_REACHED) text += `"token":${milliseconds(tokenMs)},`;
  if (stsMs !== NOT_REACHED) text += `"sts":${milliseconds(stsMs)},`;
  if (s3FirstByteMs !== NOT_REACHED) text += `"s3FirstByte":${milliseconds(s3FirstByteMs)},`;
  return text;
}

const ifDefined = (change: (text: string) => string, text: string | undefined): string | undefined =>
  text === undefined ? undefined : change(text);
