// Responds to ListBuckets, HeadBucket and GetBucketLocation in S3's format, without calling AWS.
import type { Bucket } from '../../config/types.ts';
import type { BucketOperation } from '../../s3/operation.ts';
import type { RequestContext } from '../../observability/request-context.ts';
import { bucketList } from './bucket-list.ts';
import { sendDocument, escapeXml, S3_NAMESPACE, xmlDocument } from './document.ts';

/**
 * @param options.buckets the buckets that the caller may read; for `bucket` and `location`, only the requested bucket
 * @param options.regionOf returns the best known region of a bucket
 * @param options.startedAt the date to send as each bucket's CreationDate, because the actual date is unknown
 * @throws Fault parameter_invalid
 */
export function sendBucketResponse(
  context: RequestContext,
  operation: BucketOperation,
  options: {
    readonly buckets: readonly Bucket[];
    readonly regionOf: (bucket: Bucket) => string;
    readonly startedAt: Date;
  },
): void {
  const { buckets, regionOf, startedAt } = options;
  const [bucket] = buckets;
  const region = bucket === undefined ? undefined : regionOf(bucket);
  if (operation.kind === 'bucket') {
    const headers = ['x-request-id', context.requestId, 'x-amz-bucket-region', region ?? ''];
    context.response.writeHead(200, headers).end();
    return;
  }
  const document =
    operation.kind === 'location'
      ? location(region)
      : bucketList(buckets, new Map(operation.parameters), { regionOf, since: startedAt });
  sendDocument(context, 'application/xml', xmlDocument(document));
}

/**
 * Writes the region. The region us-east-1 becomes an empty element, as in S3's responses (S3 API Reference, GetBucketLocation).
 */
function location(region: string | undefined): string {
  if (region === undefined || region === 'us-east-1') return `<LocationConstraint ${S3_NAMESPACE}/>`;
  return `<LocationConstraint ${S3_NAMESPACE}>${escapeXml(region)}</LocationConstraint>`;
}
