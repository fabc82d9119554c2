// The record of one request: what becomes known as it goes through the steps, and the one line and metrics at its end.
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Fault } from '../errors/fault.ts';
import type { Log, Severity } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { S3Error } from '../s3/s3-error.ts';
import { member, members, ifDefined, quoted, seconds, thousandths, withoutQuery } from './access-line.ts';
import { logText, withoutTokens } from './log-text.ts';
import { lineLimit } from './bounded-lines.ts';
import { faultFields, s3Fields } from './fault-fields.ts';
import { traceFields } from './trace-fields.ts';

/** What nginx logs where the client left before there was an answer; nobody is told it. */
const LEFT_BEFORE_ANSWER = 499;

/** Of each fault, in ten seconds: anyone can cause them. Lines of authenticated callers are all written. */
const MOST_STRANGERS = 1_000;

/** Filled in as a request goes through the steps. Times in milliseconds. */
export interface AccessRecord {
  readonly requestId: string;
  readonly remoteIp: string | undefined;
  readonly startedAt: number;
  operation: string;
  caller: { readonly subject: string; readonly email?: string } | undefined;
  bucket: string | undefined;
  key: string | undefined;
  /** Of a list. */
  prefix: string | undefined;
  role: string | undefined;
  sessionName: string | undefined;
  /** Why the caller did not get what it asked for. */
  fault: Fault | undefined;
  /** S3's own refusal. */
  s3: (Pick<S3Error, 'code' | 'status' | 'denial'> & { readonly remedy: string | undefined }) | undefined;
  s3RequestId: string | undefined;
  /** How often S3 was asked again, before its answer and amid the body. */
  retries: number;
  resumed: number;
  bytes: number;
  /** Who aborted the response, unless the caller disconnected. */
  abortedBy: 's3' | 'bridge' | 'stall' | undefined;
  /** What each step took; below 0 until it is over. */
  tokenMs: number;
  stsMs: number;
  s3FirstByteMs: number;
  /** When the step under way began. */
  markedAt: number;
}

/** Ends a step: its time is what has passed since the one before. */
export function mark(record: AccessRecord, step: 'tokenMs' | 'stsMs' | 's3FirstByteMs'): void {
  const now = performance.now();
  record[step] = now - record.markedAt;
  record.markedAt = now;
}

export interface AccessLog {
  begin(request: IncomingMessage): AccessRecord;
  /** When the answer is out, or was cut: the last event of a response. */
  finish(record: AccessRecord, request: IncomingMessage, response: ServerResponse): void;
}

/** @param options.project names the trace in Cloud Logging; unknown off Google Cloud and until first asked */
export function createAccessLog(options: {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly project: () => string | undefined;
  /** Whether the bridge is cutting what is still under way. */
  readonly isCutting: () => boolean;
}): AccessLog {
  const { log, metrics } = options;
  // Unique over processes by chance, within one by counting: cheaper than a random number a request.
  const processId = randomBytes(6).toString('hex');
  let count = 0;
  const mayLogStranger = lineLimit(log, 'requests without a valid token', MOST_STRANGERS);
  return {
    // All members at once, and in one order: objects of one shape are cheaper to read.
    begin: (request) => {
      const now = performance.now();
      return {
        requestId: `${processId}-${(count++).toString(36).padStart(6, '0')}`,
        // A socket that is closed no longer knows.
        remoteIp: request.socket.remoteAddress,
        startedAt: now,
        markedAt: now,
        operation: 'unknown',
        caller: undefined,
        bucket: undefined,
        key: undefined,
        prefix: undefined,
        role: undefined,
        sessionName: undefined,
        fault: undefined,
        s3: undefined,
        s3RequestId: undefined,
        retries: 0,
        resumed: 0,
        bytes: 0,
        abortedBy: undefined,
        tokenMs: NEVER,
        stsMs: NEVER,
        s3FirstByteMs: NEVER,
      };
    },
    finish: (record, request, response) => {
      const total = performance.now() - record.startedAt;
      const isComplete = response.writableFinished;
      if (!isComplete && options.isCutting()) record.abortedBy ??= 'bridge';
      const status = response.headersSent ? response.statusCode : LEFT_BEFORE_ANSWER;
      observe(metrics, record, status, total);
      const severity = severityOf(record, status);
      if (!log.isWanted(severity)) return;
      const { caller, fault, s3, abortedBy } = record;
      if (caller === undefined && !mayLogStranger(fault?.code ?? record.operation)) return;
      const { headers, method } = request;
      const url = logText(withoutQuery(request.url ?? ''));
      const hasTrace = headers['traceparent'] !== undefined || headers['x-cloud-trace-context'] !== undefined;
      log.members(
        severity,
        `"httpRequest":{"requestMethod":${quoted(method ?? '')},"requestUrl":${quoted(url)},"status":${status}` +
          `,"responseSize":"${record.bytes}"` +
          member('userAgent', ifDefined(logText, headers['user-agent'])) +
          member('remoteIp', record.remoteIp) +
          `,"latency":"${seconds(total)}s"}` +
          (hasTrace ? members(traceFields(request, options.project())) : '') +
          `,"requestId":"${record.requestId}","operation":"${record.operation}"` +
          member('caller', caller?.email) +
          member('callerId', caller?.subject) +
          member('role', record.role) +
          member('sessionName', record.sessionName) +
          member('bucket', record.bucket) +
          member('key', ifDefined(caller === undefined ? logText : withoutTokens, record.key)) +
          member('prefix', ifDefined(withoutTokens, record.prefix)) +
          `,"status":${status},"bytes":${record.bytes}` +
          (isComplete ? '' : `,"complete":false,"abortedBy":"${abortedBy ?? 'caller'}"`) +
          `,"milliseconds":{${times(record)}"total":${thousandths(total)}}` +
          member('s3RequestId', record.s3RequestId) +
          member('retries', record.retries || undefined) +
          member('resumed', record.resumed || undefined) +
          (s3 === undefined && abortedBy === undefined ? '' : members(s3Fields(record))) +
          (fault === undefined ? '' : members(faultFields(record))) +
          `,"message":${quoted(messageOf(record, method, url, status))}`,
      );
    },
  };
}

function observe(metrics: Metrics, record: AccessRecord, status: number, total: number): void {
  const { tokenMs, stsMs, s3FirstByteMs } = record;
  metrics.request(record.operation, status, record.bytes);
  metrics.requestDuration(total / 1000);
  if (tokenMs !== NEVER) metrics.stepDuration('token', tokenMs / 1000);
  if (stsMs !== NEVER) metrics.stepDuration('sts', stsMs / 1000);
  if (s3FirstByteMs !== NEVER) metrics.stepDuration('s3_first_byte', s3FirstByteMs / 1000);
}

/** The platform asks every few seconds, and what they found wrong has a line of its own. */
const PROBES = new Set(['live', 'ready']);

/** A caller's mistake is no alarm; what needs the operator is. */
function severityOf(record: AccessRecord, status: number): Severity {
  if (PROBES.has(record.operation)) return 'DEBUG';
  if (record.abortedBy === 's3' || record.abortedBy === 'bridge') return 'ERROR';
  if (status >= 500 && status !== 501) return 'ERROR';
  return record.fault !== undefined || record.s3?.remedy !== undefined ? 'WARNING' : 'INFO';
}

function messageOf(
  { fault, s3, abortedBy }: AccessRecord,
  method: string | undefined,
  url: string,
  status: number,
): string {
  const why = fault?.code ?? s3?.code ?? (abortedBy === undefined ? undefined : `aborted by ${abortedBy}`);
  return `${method ?? ''} ${url} ${status}${why === undefined ? '' : ` ${why}`}`;
}

const NEVER = -1;

function times({ tokenMs, stsMs, s3FirstByteMs }: AccessRecord): string {
  let text = '';
  if (tokenMs !== NEVER) text += `"token":${thousandths(tokenMs)},`;
  if (stsMs !== NEVER) text += `"sts":${thousandths(stsMs)},`;
  if (s3FirstByteMs !== NEVER) text += `"s3FirstByte":${thousandths(s3FirstByteMs)},`;
  return text;
}
