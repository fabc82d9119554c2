// Counts the requests that a grant allows, and their bytes, by bucket, role and operation, and by caller.
import { callerLabels, OTHER_CALLERS } from './caller-labels.ts';
import type { Sample } from './histogram.ts';
import type { RequestContext } from './request-context.ts';

export interface Traffic {
  /**
   * Counts a request that a grant allows. Ignores all other requests, because anyone with a Google account can send them, with
   * any bucket name.
   */
  add(context: TrafficContext, bytesSent: number): void;
  /** Counts bytes that S3 has sent for a request after `add` was called for it. */
  addLate(context: TrafficContext, s3Bytes: number): void;
  /** The metrics, each with a function that returns its samples. */
  readonly counters: readonly { readonly name: string; readonly help: string; samples(): Sample[] }[];
}

type TrafficContext = Pick<
  RequestContext,
  'decision' | 'bucket' | 'role' | 'operation' | 'caller' | 'counters'
>;

interface Counts {
  requests: number;
  s3Bytes: number;
  sentBytes: number;
}

export function createTraffic(): Traffic {
  // Uses nested maps instead of keys that join the labels, because bucket and role names may contain any separator.
  const byBucket = new Map<string, Map<string, Map<string, Counts>>>();
  const byCaller = new Map<string, Counts>();
  const labelOf = callerLabels();

  const ofBucket = ({ bucket = '', role = '', operation }: TrafficContext): Counts => {
    let byRole = byBucket.get(bucket);
    if (byRole === undefined) byBucket.set(bucket, (byRole = new Map<string, Map<string, Counts>>()));
    let byOperation = byRole.get(role);
    if (byOperation === undefined) byRole.set(role, (byOperation = new Map<string, Counts>()));
    return countsOf(byOperation, operation);
  };
  const ofCaller = ({ caller }: TrafficContext): Counts => {
    const name = caller?.email ?? caller?.subject ?? OTHER_CALLERS;
    return countsOf(byCaller, labelOf(name));
  };

  const bucketSamples = (metricName: string, member: keyof Counts): Sample[] =>
    [...byBucket].flatMap(([bucket, byRole]) =>
      [...byRole].flatMap(([role, byOperation]) =>
        [...byOperation].map(([operation, counts]) => ({
          metricName,
          labels: { bucket, role, operation },
          value: counts[member],
        })),
      ),
    );
  const callerSamples = (metricName: string, member: keyof Counts): Sample[] =>
    [...byCaller].map(([caller, counts]) => ({ metricName, labels: { caller }, value: counts[member] }));

  const counter = (
    name: string,
    help: string,
    samples: (name: string, member: keyof Counts) => Sample[],
    member: keyof Counts,
  ): Traffic['counters'][number] => ({ name, help, samples: () => samples(name, member) });
  const buckets = 'by bucket, role and operation';
  const callers = `by caller; callers after the first 1,000 are counted as ${OTHER_CALLERS}`;
  return {
    add: (context, bytesSent) => {
      if (!isCounted(context)) return;
      const { counters } = context;
      count(ofBucket(context), counters.bytesFromS3, bytesSent);
      count(ofCaller(context), counters.bytesFromS3, bytesSent);
    },
    addLate: (context, s3Bytes) => {
      if (!isCounted(context)) return;
      ofBucket(context).s3Bytes += s3Bytes;
      ofCaller(context).s3Bytes += s3Bytes;
    },
    counters: [
      counter(
        'fedbridge_bucket_requests_total',
        `Requests that a grant allows, ${buckets}.`,
        bucketSamples,
        'requests',
      ),
      counter(
        'fedbridge_bucket_s3_bytes_total',
        `Body bytes received from S3, ${buckets}.`,
        bucketSamples,
        's3Bytes',
      ),
      counter(
        'fedbridge_bucket_sent_bytes_total',
        `Body bytes that callers' connections accepted, ${buckets}.`,
        bucketSamples,
        'sentBytes',
      ),
      counter(
        'fedbridge_caller_requests_total',
        `Requests that a grant allows, ${callers}.`,
        callerSamples,
        'requests',
      ),
      counter(
        'fedbridge_caller_s3_bytes_total',
        `Body bytes received from S3, ${callers}.`,
        callerSamples,
        's3Bytes',
      ),
      counter(
        'fedbridge_caller_sent_bytes_total',
        `Body bytes that callers' connections accepted, ${callers}.`,
        callerSamples,
        'sentBytes',
      ),
    ],
  };
}

const isCounted = ({ decision }: TrafficContext): boolean =>
  decision !== undefined && decision.reason !== 'own_buckets';

function count(counts: Counts, s3Bytes: number, sentBytes: number): void {
  counts.requests += 1;
  counts.s3Bytes += s3Bytes;
  counts.sentBytes += sentBytes;
}

function countsOf(all: Map<string, Counts>, name: string): Counts {
  let counts = all.get(name);
  if (counts === undefined) all.set(name, (counts = { requests: 0, s3Bytes: 0, sentBytes: 0 }));
  return counts;
}
