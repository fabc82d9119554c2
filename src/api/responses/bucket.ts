// What the bridge says of buckets from its own configuration, in S3's words and without asking AWS.
import type { ServerResponse } from 'node:http';
import type { Bucket } from '../../config/types.ts';
import type { BucketOperation } from '../../s3/operation.ts';
import { sendDocument, escapeXml, S3_NAMESPACE, xmlDocument } from './document.ts';

/**
 * @param buckets those that the caller may read: for `bucket` and `location` exactly the one that was asked for
 * @param options.regionOf what is known of a bucket's region
 * @param options.startedAt stands for CreationDate, which nobody here knows
 */
export function sendBucketResponse(
  response: ServerResponse,
  question: BucketOperation,
  buckets: readonly Bucket[],
  options: {
    readonly requestId: string;
    readonly regionOf: (bucket: Bucket) => string;
    readonly startedAt: Date;
  },
): number {
  const [bucket] = buckets;
  const region = bucket === undefined ? undefined : options.regionOf(bucket);
  if (question.kind === 'bucket') {
    response.writeHead(200, ['x-request-id', options.requestId, 'x-amz-bucket-region', region ?? '']).end();
    return 0;
  }
  const document = question.kind === 'location' ? location(region) : list(buckets, options.startedAt);
  return sendDocument(response, options.requestId, 'application/xml', xmlDocument(document));
}

/** us-east-1 is said as nothing (S3 API Reference, GetBucketLocation). */
function location(region: string | undefined): string {
  if (region === undefined || region === 'us-east-1') return `<LocationConstraint ${S3_NAMESPACE}/>`;
  return `<LocationConstraint ${S3_NAMESPACE}>${escapeXml(region)}</LocationConstraint>`;
}

function list(buckets: readonly Bucket[], since: Date): string {
  const entries = buckets
    .map(({ name }) => name)
    .sort()
    .map(
      (name) =>
        `<Bucket><Name>${escapeXml(name)}</Name><CreationDate>${since.toISOString()}</CreationDate></Bucket>`,
    );
  return `<ListAllMyBucketsResult ${S3_NAMESPACE}><Buckets>${entries.join('')}</Buckets></ListAllMyBucketsResult>`;
}
