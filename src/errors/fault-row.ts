// The fields of a row in the fault table, and the kinds of rows that many faults share.

/** The appearance of one fault in responses and in the log. */
export interface FaultRow {
  readonly status: number;
  /** The `<Code>` in the error document: S3's own code if there is one, or STS's own code for faults of `/-/sts`. */
  readonly s3Code: string;
  /** The value of `x-fedbridge-error`: the general reason, which is safe to show to callers. */
  readonly outcome: Outcome;
  /** The message for the caller. The message must not name an ARN, account, host or policy. */
  readonly sentence: string;
  /** The fix for the operator, shown in the log. */
  readonly fix: string;
  /** S3's own status and code for this problem, which make the SDK of an S3 client refresh its token. */
  readonly toS3Client?: { readonly status: number; readonly s3Code: string };
  /** STS's own status and code for this problem, for clients that call `/-/sts` instead of STS. */
  readonly toStsClient?: { readonly status: number; readonly s3Code: string };
  readonly retryAfterSeconds?: number;
  /** The methods that the route accepts, if the status is 405. */
  readonly allow?: string;
}

export type Outcome =
  | 'unauthenticated'
  | 'not_granted'
  | 'budget_exceeded'
  | 'invalid_request'
  | 'not_implemented'
  | 'not_found'
  | 'precondition_failed'
  | 'federation_failed'
  | 'upstream_denied'
  | 'upstream_failed'
  | 'overloaded'
  | 'internal';

/** S3's own status and code for an invalid token (S3 API Reference, "Error responses"). */
const INVALID_TOKEN = { status: 400, s3Code: 'InvalidToken' };
/** S3's own status and code for an expired token. S3 clients refresh their token after this error. */
export const EXPIRED_TOKEN = { status: 400, s3Code: 'ExpiredToken' };

/**
 * The following constants are STS's own statuses and codes (STS API Reference, AssumeRoleWithWebIdentity, "Errors", and "Common
 * error types").
 */
export const STS_INVALID_TOKEN = { status: 400, s3Code: 'InvalidIdentityToken' };
export const STS_EXPIRED_TOKEN = { status: 400, s3Code: 'ExpiredTokenException' };
/** STS's status and code for a token whose issuer's keys STS cannot fetch. SDKs retry this error. */
export const STS_KEYS_UNAVAILABLE = { status: 400, s3Code: 'IDPCommunicationError' };
export const STS_THROTTLING = { status: 400, s3Code: 'Throttling' };
export const STS_INTERNAL = { status: 500, s3Code: 'InternalFailure' };

export const unauthenticated = (sentence: string, fix: string, toS3Client = INVALID_TOKEN): FaultRow => ({
  status: 401,
  s3Code: toS3Client.s3Code,
  outcome: 'unauthenticated',
  sentence,
  fix,
  toS3Client,
  toStsClient: STS_INVALID_TOKEN,
});

export const invalid = (
  s3Code: string,
  sentence: string,
  fix = 'No action needed: the caller must fix its request.',
): FaultRow => ({
  status: 400,
  s3Code,
  outcome: 'invalid_request',
  sentence,
  fix,
});

/**
 * Creates a row for a fault that occurs while Google or AWS is temporarily unreachable. The response makes SDKs retry the
 * request.
 */
export const federationUnavailable = (sentence: string, fix: string): FaultRow => ({
  status: 503,
  s3Code: 'ServiceUnavailable',
  outcome: 'federation_failed',
  sentence,
  fix,
  retryAfterSeconds: 2,
});

/**
 * Creates a row for a fault that occurs if AWS has rejected the bridge's request. If the caller retries, AWS rejects it again.
 */
export const federationRefused = (fix: string): FaultRow => ({
  status: 502,
  s3Code: 'FederationFailed',
  outcome: 'federation_failed',
  sentence:
    "The bridge could not obtain credentials for this bucket. The bridge's operator can find the reason with this request ID.",
  fix,
});

export const upstreamUnavailable = (sentence: string, fix: string): FaultRow => ({
  status: 503,
  s3Code: 'ServiceUnavailable',
  outcome: 'upstream_failed',
  sentence,
  fix,
  retryAfterSeconds: 1,
});
