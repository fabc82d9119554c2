// The record of one request: what becomes known as it goes through the steps, and the one line and metrics at its end.
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Fault } from '../fault.ts';
import type { Log, Severity } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Refusal } from '../s3/refusal.ts';
import { faultFields } from './fault-fields.ts';

/** What nginx logs where the client left before there was an answer; nobody is told it. */
const LEFT_BEFORE_ANSWER = 499;

/** Characters of what a caller sends that go into a line: whoever has no token must not fill the log with 16 KiB each. */
const MAX_LOGGED = 1024;

/** Filled in as a request goes through the steps. Times in milliseconds. */
export interface AccessRecord {
  readonly requestId: string;
  readonly remoteIp: string | undefined;
  readonly startedAt: number;
  operation: string;
  caller?: { readonly subject: string; readonly email?: string };
  bucket?: string;
  key?: string;
  /** Of a list. */
  prefix?: string;
  role?: string;
  sessionName?: string;
  /** Why the caller did not get what it asked for. */
  fault?: Fault;
  /** S3's own refusal. */
  s3?: Pick<Refusal, 'code' | 'status' | 'denial'> & { readonly remedy: string | undefined };
  s3RequestId?: string;
  bytes: number;
  /** Who ended the answer before its end, where it was not the caller by going away. */
  cutBy?: 's3' | 'bridge' | 'stall';
  readonly milliseconds: { token?: number; sts?: number; s3FirstByte?: number };
  /** When the step under way began. */
  markedAt: number;
}

/** Ends a step: its time is what has passed since the one before. */
export function mark(record: AccessRecord, step: keyof AccessRecord['milliseconds']): void {
  const now = performance.now();
  record.milliseconds[step] = now - record.markedAt;
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
  return {
    begin: (request) => ({
      requestId: `${processId}-${(count++).toString(36).padStart(6, '0')}`,
      // A socket that is closed no longer knows.
      remoteIp: request.socket.remoteAddress,
      startedAt: performance.now(),
      markedAt: performance.now(),
      operation: 'unknown',
      bytes: 0,
      milliseconds: {},
    }),
    finish: (record, request, response) => {
      const total = performance.now() - record.startedAt;
      if (!response.writableFinished && options.isCutting()) record.cutBy ??= 'bridge';
      const status = response.headersSent ? response.statusCode : LEFT_BEFORE_ANSWER;
      const url = loggable(withoutQuery(request.url ?? '')) ?? '';
      observe(metrics, record, status, total);
      log(severityOf(record, status), messageOf(record, request.method, url, status), {
        httpRequest: {
          requestMethod: request.method,
          requestUrl: url,
          status,
          responseSize: String(record.bytes),
          userAgent: loggable(request.headers['user-agent']),
          remoteIp: record.remoteIp,
          latency: `${(total / 1000).toFixed(6)}s`,
        },
        ...traceFields(request, options.project()),
        requestId: record.requestId,
        operation: record.operation,
        caller: record.caller?.email,
        callerId: record.caller?.subject,
        role: record.role,
        sessionName: record.sessionName,
        bucket: record.bucket,
        key: loggable(record.key),
        prefix: loggable(record.prefix),
        status,
        bytes: record.bytes,
        ...(response.writableFinished ? {} : { complete: false, cutBy: record.cutBy ?? 'caller' }),
        milliseconds: rounded({ ...record.milliseconds, total }),
        s3RequestId: record.s3RequestId,
        ...s3Fields(record),
        ...faultFields(record),
      });
    },
  };
}

function observe(metrics: Metrics, record: AccessRecord, status: number, total: number): void {
  const { token, sts, s3FirstByte } = record.milliseconds;
  metrics.request(record.operation, status, record.bytes);
  metrics.step('total', total / 1000);
  if (token !== undefined) metrics.step('token', token / 1000);
  if (sts !== undefined) metrics.step('sts', sts / 1000);
  if (s3FirstByte !== undefined) metrics.step('s3_first_byte', s3FirstByte / 1000);
}

/** The platform asks every few seconds, and what they found wrong has a line of its own. */
const PROBES = new Set(['live', 'ready']);

/** A caller's mistake is no alarm; what needs the operator is. */
function severityOf(record: AccessRecord, status: number): Severity {
  if (PROBES.has(record.operation)) return 'DEBUG';
  if (record.cutBy === 's3' || record.cutBy === 'bridge') return 'ERROR';
  if (status >= 500 && status !== 501) return 'ERROR';
  return record.fault !== undefined || record.s3?.remedy !== undefined ? 'WARNING' : 'INFO';
}

function messageOf(
  { fault, s3, cutBy }: AccessRecord,
  method: string | undefined,
  url: string,
  status: number,
): string {
  const why = fault?.code ?? s3?.code ?? (cutBy === undefined ? undefined : `cut by ${cutBy}`);
  return [method, url, status, why].filter((part) => part !== undefined).join(' ');
}

const CUT_REMEDY =
  'S3, or the network to it, ended the body early, and the caller saw its connection cut. If it repeats, look at egress.';

function s3Fields({ s3, cutBy }: AccessRecord): Record<string, unknown> {
  if (s3 !== undefined) return { s3: { code: s3.code, status: s3.status, ...s3.denial }, remedy: s3.remedy };
  return cutBy === 's3' ? { remedy: CUT_REMEDY } : {};
}

/** To microseconds. */
function rounded(milliseconds: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(milliseconds).map(([step, time]) => [step, Math.round(time * 1000) / 1000]),
  );
}

/** What a caller sends, cut, and without a token that somebody put where a key belongs. */
function loggable(text: string | undefined): string | undefined {
  return text?.slice(0, MAX_LOGGED).replace(TOKEN, '…');
}

const TOKEN = /eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?/g;

/** A query may hold anything. */
function withoutQuery(url: string): string {
  const mark = url.indexOf('?');
  return mark === -1 ? url : url.slice(0, mark);
}

/** Cloud Run adds both headers (W3C Trace Context; Cloud Trace's own). */
function traceFields(request: IncomingMessage, project: string | undefined): Record<string, unknown> {
  const { traceparent, 'x-cloud-trace-context': cloudTrace } = request.headers;
  const w3c =
    typeof traceparent === 'string'
      ? /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent)
      : null;
  const google =
    typeof cloudTrace === 'string' ? /^([0-9a-f]{32})(?:\/(\d{1,20}))?(?:;o=(\d))?$/.exec(cloudTrace) : null;
  const trace = w3c?.[1] ?? google?.[1];
  if (trace === undefined) return {};
  if (project === undefined) return { trace };
  return {
    'logging.googleapis.com/trace': `projects/${project}/traces/${trace}`,
    ...(w3c?.[2] === undefined ? {} : { 'logging.googleapis.com/spanId': w3c[2] }),
    'logging.googleapis.com/trace_sampled':
      w3c === null ? google?.[3] === '1' : (Number.parseInt(w3c[3] ?? '0', 16) & 1) === 1,
  };
}
