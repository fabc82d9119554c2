// Builds the signed HTTP request for a read: its origin, path, query and headers.
import type { Bucket } from '../config/types.ts';
import type { Cancellation } from '../runtime/cancellation.ts';
import type { UpstreamRequest } from '../http1/exchange.ts';
import { endpointOf } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import type { ObjectRead } from './operation.ts';
import type { Sign, SigningCredentials } from './signature.ts';
import { encodeKey, encodeQueryPart } from './target.ts';

export interface RequestOptions {
  /** Ranges and conditions, which are sent unsigned, as alternating names and values. */
  readonly headers: readonly string[];
  /** The `x-amz-…` headers to sign. The names are in lower case. */
  readonly amzHeaders: readonly (readonly [name: string, value: string])[];
  readonly cancellation: Cancellation;
  /** The bridge's request ID, for S3's logs. */
  readonly requestId: string;
  /** Counters for the log and the metrics, which all attempts of a request share. */
  readonly counters?: ReadCounters;
  /** Counts only the body bytes of this read, including its parts, for the egress budgets. A request can have several reads. */
  readonly received?: ByteCount;
}

export interface ByteCount {
  bytes: number;
}

export interface ReadCounters {
  /** The number of retries before the response. */
  retries: number;
  /** The number of resumes during the response's body. */
  resumed: number;
  /** The number of parts that were read ahead and sent to the caller. */
  parts: number;
  /** The number of body bytes received from S3, including error documents and the bytes of failed attempts. */
  bytesFromS3: number;
  /** The number of the cache's flights for this request in progress. They may receive bytes after the response has ended. */
  flights: number;
  /** Called when the last flight ends; set if the response has ended before. */
  onFlightsEnd: (() => void) | undefined;
  /** The path of the last attempt; undefined if it went directly to S3. */
  path: 'cloudfront' | undefined;
  /** Why an attempt went directly to S3 although the bucket has a distribution. */
  cloudFrontFallback: string | undefined;
  /** How the cache was used; undefined if there is no cache. */
  cache?: CacheUse | undefined;
}

/**
 * - `hit`: S3 was not called
 * - `confirmed`: S3 confirmed the object without sending it
 * - `miss`: S3 sent bytes that were not in the cache
 * - `bypass`: the request was sent to S3 unchanged
 */
export type CacheResult = 'hit' | 'confirmed' | 'miss' | 'bypass';

export interface CacheUse {
  readonly result: CacheResult;
  /** The parameters of the Cache-Status header (RFC 9211). */
  readonly status: string;
  /** How long ago S3 confirmed the object to this session. */
  readonly ageSeconds: number;
}

/** @param from.now milliseconds since the epoch, by the clock of the bucket's S3 endpoint */
export function signedRequest(
  sign: Sign,
  from: {
    readonly bucket: Bucket;
    readonly read: ObjectRead;
    readonly region: string;
    readonly credentials: SigningCredentials;
    readonly now: number;
    /** The endpoint to use; by default, the bucket's own. */
    readonly endpoint?: Endpoint;
  },
  { headers, amzHeaders, cancellation, requestId, counters, received }: RequestOptions,
): UpstreamRequest & { readonly origin: string } {
  const { bucket, read, region, credentials, now } = from;
  const endpoint = from.endpoint ?? endpointOf(bucket, region);
  const path =
    read.kind === 'list' ? endpoint.basePath || '/' : `${endpoint.basePath}/${encodeKey(read.key)}`;
  const query = read.parameters
    .map(([name, value]) => `${encodeQueryPart(name)}=${encodeQueryPart(value)}`)
    .join('&');
  const signed = sign(
    {
      method: read.method,
      host: endpoint.host,
      region: endpoint.region,
      path,
      query,
      amzHeaders: [...amzHeaders, ...operatorsHeaders(bucket)],
    },
    credentials,
    now,
  );
  // Replaces the host, which is the first header that the signer returns.
  if (endpoint.sentHost !== undefined) signed[1] = endpoint.sentHost;
  // The user agent contains the request ID, because S3's server access log and CloudTrail record the user agent (S3 user guide,
  // "Amazon S3 server access log format").
  signed.push('user-agent', `fedbridge (${requestId})`, ...headers);
  return {
    origin: endpoint.origin,
    method: read.method,
    path: query === '' ? path : `${path}?${query}`,
    headers: signed,
    cancellation,
    onBody: (bytes) => {
      if (counters !== undefined) counters.bytesFromS3 += bytes;
      if (received !== undefined) received.bytes += bytes;
    },
  };
}

/**
 * Returns the headers whose values come only from the configuration. Callers must not be able to make the operator pay for
 * requests, or change the expected bucket owner.
 */
function operatorsHeaders({ requesterPays, expectedOwner }: Bucket): (readonly [string, string])[] {
  return [
    ...(expectedOwner === undefined ? [] : [['x-amz-expected-bucket-owner', expectedOwner] as const]),
    ...(requesterPays ? [['x-amz-request-payer', 'requester'] as const] : []),
  ];
}
