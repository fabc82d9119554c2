// Fields that several log lines share: for faults, S3 errors, and traces.
import { isComputeDefault } from '../config/google-names.ts';
import { FAULTS } from '../errors/table.ts';
import type { Fault } from '../errors/fault.ts';
import type { CallerRequest } from '../runtime/caller-exchange.ts';
import { logText } from './log-text.ts';
import type { Log, Severity } from './log.ts';
import type { RequestContext } from './request-context.ts';
import { traceContextOf } from './trace-context.ts';

export type LogFault = (severity: Severity, message: string, fault: Fault) => void;

/** @returns a function that logs a fault of background work with its code, the compared values, and the fix */
export function faultLogger(log: Log): LogFault {
  return (severity, message, { code, detail }) => {
    log(severity, message, { fault: code, cause: detail, remedy: FAULTS[code].fix });
  };
}

/** The hint for a caller whose token contains no email, because a grant that names an email cannot match this caller. */
export const WITHOUT_EMAIL =
  "This caller's token has no verified email, so grants can name the caller only by unique ID (callerId). Add that ID to a grant, or have the caller request its token with format=full from the metadata server.";

/**
 * The hint for Compute Engine's default account. A project grant matches the project in a caller's email, but this account's
 * email does not contain the project ID.
 */
const COMPUTE_DEFAULT =
  "The caller is Compute Engine's default service account, which project:PROJECT_ID does not cover: name the account by its email in a grant, or run the workload as a separate service account.";

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
  if (caller.issuer !== undefined) return FAULTS[code].fix;
  if (caller.email === undefined) return WITHOUT_EMAIL;
  // True if no grant covers the email of Compute Engine's default account. A fault that names an action means that the caller has
  // grants on the bucket.
  const isUncovered = detail['action'] === undefined && isComputeDefault(caller.email);
  return isUncovered ? COMPUTE_DEFAULT : FAULTS[code].fix;
}

/**
 * Makes every string in a fault's details safe for the log. Used for callers without a valid token, because any string may come
 * from them.
 */
function strangersDetail(value: unknown): unknown {
  if (typeof value === 'string') return logText(value);
  if (Array.isArray(value)) return value.map(strangersDetail);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [logText(name), strangersDetail(inner)]),
  );
}

/** Maps the party that aborted a response (S3 or the bridge) to the fix for the operator. */
const ABORT_REMEDIES: Readonly<Record<string, string>> = {
  s3: "S3 or the network closed the response early, and the bridge could not resume it, so the caller's connection was closed mid-response. If this error recurs, check egress.",
  bridge:
    "The process exited during the download, so the caller's connection was closed mid-response. Clients can resume with range requests; on a VM, raise limits.drain to give downloads more time.",
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
 * Returns the log fields that identify a trace, so that Cloud Logging shows the bridge's log line together with the caller's.
 * Cloud Run adds both trace headers (W3C Trace Context and Cloud Trace's own).
 * @param project the bridge's project, which Cloud Logging requires in a trace's name; undefined if it is unknown
 */
export function traceFields(request: CallerRequest, project: string | undefined): Record<string, unknown> {
  const trace = traceContextOf(request);
  if (trace === undefined) return {};
  const { traceId, spanId, isSampled } = trace;
  if (project === undefined) return { trace: traceId };
  return {
    'logging.googleapis.com/trace': `projects/${project}/traces/${traceId}`,
    ...(spanId === undefined ? {} : { 'logging.googleapis.com/spanId': spanId }),
    'logging.googleapis.com/trace_sampled': isSampled,
  };
}
