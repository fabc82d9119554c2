// From a read to the HTTP request for it: where it goes, its path and query as they are signed, its headers.
import type { Bucket } from '../config/types.ts';
import type { Cancellation } from '../runtime/cancellation.ts';
import type { UpstreamRequest } from '../http1/exchange.ts';
import { endpointOf } from './endpoint.ts';
import type { ObjectRead } from './operation.ts';
import type { Sign, SigningCredentials } from './signature.ts';
import { encodeKey, encodeQueryPart } from './target.ts';

export interface RequestOptions {
  /** Raw pairs that are sent unsigned: ranges and conditions. */
  readonly headers: readonly string[];
  /** `x-amz-…` pairs to sign, names in lower case. */
  readonly amzHeaders: readonly (readonly [name: string, value: string])[];
  readonly cancellation: Cancellation;
  /** The bridge's own, for S3's logs. */
  readonly requestId: string;
}

/** @param from.now milliseconds since 1970, by the clock of the S3 that gets the request */
export function signedRequest(
  sign: Sign,
  from: {
    readonly bucket: Bucket;
    readonly read: ObjectRead;
    readonly region: string;
    readonly credentials: SigningCredentials;
    readonly now: number;
  },
  { headers, amzHeaders, cancellation, requestId }: RequestOptions,
): UpstreamRequest & { readonly origin: string } {
  const { bucket, read, region, credentials, now } = from;
  const endpoint = endpointOf(bucket, region);
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
  // S3's server access log and CloudTrail both record it (S3 user guide, "Amazon S3 server access log format").
  signed.push('user-agent', `fedbridge (${requestId})`, ...headers);
  return {
    origin: endpoint.origin,
    method: read.method,
    path: query === '' ? path : `${path}?${query}`,
    headers: signed,
    cancellation,
  };
}

/** From the configuration: a caller neither spends the operator's money nor replaces the owner that the operator demands. */
function operatorsHeaders({ requesterPays, expectedOwner }: Bucket): (readonly [string, string])[] {
  return [
    ...(expectedOwner === undefined ? [] : [['x-amz-expected-bucket-owner', expectedOwner] as const]),
    ...(requesterPays ? [['x-amz-request-payer', 'requester'] as const] : []),
  ];
}
