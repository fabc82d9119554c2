// Fields that several log lines have: of a fault, of an error of S3, and of the trace that a request belongs to.
import type { IncomingMessage } from 'node:http';
import { isComputeDefault } from '../config/google-names.ts';
import { FAULTS } from '../errors/table.ts';
import type { Fault } from '../errors/fault.ts';
import { logText } from './log-text.ts';
import type { Log, Severity } from './log.ts';
import type { RequestContext } from './request-context.ts';

export type LogFault = (severity: Severity, message: string, fault: Fault) => void;

/** @returns a logger of faults that no request waits for: code, what was compared, and the fix */
export function faultLogger(log: Log): LogFault {
  return (severity, message, { code, detail }) => {
    log(severity, message, { fault: code, cause: detail, remedy: FAULTS[code].fix });
  };
}

/** Grants by e-mail cannot name a caller whose token has none. */
export const WITHOUT_EMAIL =
  'The token of this caller has no verified e-mail, so that grants can name it by unique ID (callerId) alone: it has to ask the metadata server for format=full, or a grant has to name that ID.';

/** Grants to a project find it in the e-mail. */
const COMPUTE_DEFAULT =
  "The caller is Compute Engine's default service account, which project:PROJECT_ID does not cover: grant its e-mail, or give the workload a service account of its own.";

export function faultFields({
  fault,
  caller,
}: Pick<RequestContext, 'fault' | 'caller'>): Record<string, unknown> {
  if (fault === undefined) return {};
  const detail =
    caller === undefined && fault.code !== 'internal' ? strangersDetail(fault.detail) : fault.detail;
  const cause = Object.keys(fault.detail).length > 0 ? detail : undefined;
  return { fault: fault.code, cause, remedy: remedyFor(fault, caller) };
}

function remedyFor({ code, detail }: Fault, caller: RequestContext['caller']): string | undefined {
  if (code !== 'not_granted' || caller === undefined) return FAULTS[code].fix;
  if (caller.email === undefined) return WITHOUT_EMAIL;
  // With an action, the caller's grants on the bucket allow others.
  const isUncovered = detail['action'] === undefined && isComputeDefault(caller.email);
  return isUncovered ? COMPUTE_DEFAULT : FAULTS[code].fix;
}

/** Without a valid token, every text in the detail may come from the caller. */
function strangersDetail(value: unknown): unknown {
  if (typeof value === 'string') return logText(value);
  if (Array.isArray(value)) return value.map(strangersDetail);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [logText(name), strangersDetail(inner)]),
  );
}

/** By who aborted the response. */
const ABORT_REMEDIES: Readonly<Record<string, string>> = {
  s3: 'S3 or the network closed the response early and it could not be resumed, so the caller saw a broken connection. If it repeats, check egress.',
  bridge:
    'The process ended during the download, so the caller saw a broken connection. Clients resume with ranges; on a VM, raise limits.drain to give them longer.',
};

export function s3Fields({
  s3,
  abortedBy,
  fault,
}: Pick<RequestContext, 's3' | 'abortedBy' | 'fault'>): Record<string, unknown> {
  if (s3 !== undefined) return { s3: { code: s3.code, status: s3.status, ...s3.denial }, remedy: s3.fix };
  return abortedBy === undefined || fault !== undefined ? {} : { remedy: ABORT_REMEDIES[abortedBy] };
}

/**
 * Names the trace, so that Cloud Logging shows the line beside the caller's. Cloud Run adds both headers (W3C Trace Context; Cloud
 * Trace's own).
 * @param project the bridge's, which Cloud Logging requires in a trace's name; unknown off Google Cloud
 */
export function traceFields(request: IncomingMessage, project: string | undefined): Record<string, unknown> {
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
