// The reasons why the bridge reads an object directly from S3 although its bucket has a CloudFront distribution, with the fix for
// the operator.

/**
 * - `signature`: S3 received a different request than the bridge signed.
 * - `cached`: the response may have come from a cache, so S3 may not have checked the caller's rights.
 * - `not_s3`: CloudFront itself responded, and not S3.
 * - `refused`: S3 refused the read through CloudFront, but served it directly.
 * - `unavailable`: CloudFront cannot be reached, or could not be reached a moment ago.
 */
export type FallbackReason = 'signature' | 'cached' | 'not_s3' | 'refused' | 'unavailable';

/** Details of a fallback, which appear in the log. */
export interface FallbackDetail {
  readonly s3Status?: number;
  readonly s3Code?: string | undefined;
  /** Why CloudFront could not be reached: Node's error code, or the invalid part of the response. */
  readonly error?: string | undefined;
}

export interface Fallback {
  readonly reason: FallbackReason;
  readonly detail: FallbackDetail;
}

export const FALLBACKS: Readonly<Record<FallbackReason, { readonly found: string; readonly fix: string }>> = {
  signature: {
    found: 'S3 rejected the signature of a read through CloudFront',
    fix: "Check that the distribution's origin is BUCKET.s3.REGION.amazonaws.com without an origin access control, and that its origin request policy is AllViewerExceptHostHeader. If this happens only for some keys, no action is needed: CloudFront rewrites these keys.",
  },
  cached: {
    found: 'a response through CloudFront may have come from a cache',
    fix: "Set the distribution's cache policy to CachingDisabled and its error caching TTLs to 0: a cache serves objects without checking the caller's rights.",
  },
  not_s3: {
    found: 'a response through CloudFront did not come from S3',
    fix: "Check whether the distribution is enabled. Also check its origin, allowed methods, web ACL and geographic restrictions, and the limits of its price plan. CloudFront's standard log shows the reason.",
  },
  refused: {
    found: 'S3 denied a read through CloudFront, but not the same read without CloudFront',
    fix: "Check the bucket's region, the distribution's origin, and conditions on aws:SourceIp, aws:SourceVpc or aws:SourceVpce in the policies of the bucket and the role: through CloudFront, requests come from CloudFront's addresses.",
  },
  unavailable: {
    found: 'CloudFront cannot be reached',
    fix: "Check the bucket's `via`, DNS and egress. Until CloudFront can be reached, objects leave AWS at S3's prices.",
  },
};
