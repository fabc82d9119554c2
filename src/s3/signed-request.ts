// From a read to the request that goes onto the wire: where it goes, its path and query as they are signed, its headers.
import type { Bucket } from '../config/types.ts';
import { endpointOf } from './endpoint.ts';
import type { ObjectRead } from './operation.ts';
import type { ReadOptions } from './read.ts';
import type { Sign, SigningCredentials } from './signature.ts';
import { encodeKey, encodeQueryPart } from './target.ts';
import type { RawRequest } from '../http1/transport.ts';

/** @param signing.now milliseconds since 1970, by the clock of the S3 that is asked */
export function signedRequest(
  bucket: Bucket,
  read: ObjectRead,
  region: string,
  signing: { readonly credentials: SigningCredentials; readonly now: number },
  { headers, amzHeaders, departure, requestId }: ReadOptions,
  sign: Sign,
): RawRequest & { readonly origin: string } {
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
    signing.credentials,
    signing.now,
  );
  // S3's server access log and CloudTrail both keep it (S3 user guide, "Amazon S3 server access log format").
  signed.push('user-agent', `fedbridge (${requestId})`, ...headers);
  return {
    origin: endpoint.origin,
    method: read.method,
    path: query === '' ? path : `${path}?${query}`,
    headers: signed,
    departure,
  };
}

/** From configuration alone: a caller neither spends the operator's money nor says whose bucket it must be. */
function operatorsHeaders({ requesterPays, expectedOwner }: Bucket): (readonly [string, string])[] {
  return [
    ...(expectedOwner === undefined ? [] : [['x-amz-expected-bucket-owner', expectedOwner] as const]),
    ...(requesterPays ? [['x-amz-request-payer', 'requester'] as const] : []),
  ];
}
