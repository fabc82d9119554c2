// Adds a Server-Timing header with the duration of each step before the response (W3C Server Timing).
import { NOT_REACHED } from '../../observability/request-context.ts';
import type { RequestContext } from '../../observability/request-context.ts';

/**
 * Adds the header. Must be called before the response begins, so the header cannot include the time that the body takes.
 * Responses to requests without a valid token get no header, because the durations could reveal what the bridge has cached.
 */
export function addServerTiming({ response, caller, tokenMs, stsMs, s3FirstByteMs }: RequestContext): void {
  if (caller === undefined || response.headersSent) return;
  const steps = [
    ['authenticate', tokenMs],
    ['federate', stsMs],
    ['s3', s3FirstByteMs],
  ] as const;
  const metrics = steps
    .filter(([, milliseconds]) => milliseconds !== NOT_REACHED)
    .map(([name, milliseconds]) => `${name};dur=${Math.round(milliseconds * 1000) / 1000}`);
  response.setHeader('server-timing', metrics.join(', '));
}
