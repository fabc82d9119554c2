// Names the trace that a request belongs to, so that Cloud Logging shows its line beside the caller's.
import type { IncomingMessage } from 'node:http';

/**
 * Cloud Run adds both headers (W3C Trace Context; Cloud Trace's own).
 * @param project of the bridge, which Cloud Logging wants in a trace's name; unknown off Google Cloud
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
