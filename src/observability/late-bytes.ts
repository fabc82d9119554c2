// Counts and logs the bytes that S3 sends for the cache after the response to the caller has ended.
import { issuerOf } from './audit.ts';
import type { EgressSource } from './egress/egress-totals.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { RequestContext } from './request-context.ts';

/** The parts of a request's context that are kept until its last flight ends; the request and the response are not among them. */
export type EndedRequest = Pick<
  RequestContext,
  'counters' | 'requestId' | 'operation' | 'caller' | 'decision' | 'bucket' | 'role' | 'sessionName'
>;

/**
 * @param options.sourceOf returns where a request's bytes came from
 * @param options.addEgress adds bytes to the egress report
 * @returns a function that must be called when a response ends while the request still has flights
 */
export function createLateBytes(options: {
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'lateTraffic'>;
  readonly sourceOf: (request: EndedRequest) => EgressSource | undefined;
  readonly addEgress: (request: EndedRequest, source: EgressSource, bytes: number) => void;
}): (context: EndedRequest) => void {
  const { log, metrics, sourceOf, addEgress } = options;
  return ({ counters, requestId, operation, caller, decision, bucket, role, sessionName }) => {
    const request = { counters, requestId, operation, caller, decision, bucket, role, sessionName };
    const before = counters.bytesFromS3;
    counters.onFlightsEnd = () => {
      const bytes = counters.bytesFromS3 - before;
      if (bytes === 0) return;
      metrics.lateTraffic(request, bytes);
      const source = sourceOf(request);
      if (source !== undefined) addEgress(request, source, bytes);
      log('INFO', `S3 sent ${bytes} bytes for the cache after the response had ended`, {
        event: 'bytes_after_response',
        requestId,
        caller: caller?.email,
        callerId: caller?.subject,
        issuer: caller && issuerOf(caller),
        bucket,
        role,
        sessionName,
        bytesFromS3: bytes,
        region: source?.region,
        path: source?.path === 'internet' ? undefined : source?.path,
      });
    };
  };
}
