// What a row of the table of faults says, and the kinds of rows that many faults share.

/** What one fault means on the wire and in the log. */
export interface FaultRow {
  readonly status: number;
  /** `<Code>` of the S3 error document; S3's own word wherever it has one. */
  readonly s3Code: string;
  /** `x-fedbridge-error`: the coarse reason that a caller may know. */
  readonly outcome: Outcome;
  /** The sentence that a caller reads. Names no ARN, account, host or policy. */
  readonly sentence: string;
  /** What the operator, who reads the log, can do. */
  readonly fix: string;
  /** What S3 itself answers an S3 client in this case, where its SDK acts on that (refreshes its token). */
  readonly toS3Client?: { readonly status: number; readonly s3Code: string };
  readonly retryAfterSeconds?: number;
}

export type Outcome =
  | 'unauthenticated'
  | 'not_granted'
  | 'invalid_request'
  | 'not_implemented'
  | 'not_found'
  | 'precondition_failed'
  | 'federation_failed'
  | 'upstream_denied'
  | 'upstream_failed'
  | 'overloaded'
  | 'internal';

/** S3's status for it (S3 API Reference, "Error responses"). */
const INVALID_TOKEN = { status: 400, s3Code: 'InvalidToken' };
/** S3 clients refresh their token on this one. */
export const EXPIRED_TOKEN = { status: 400, s3Code: 'ExpiredToken' };

export const unauthenticated = (sentence: string, fix: string, toS3Client = INVALID_TOKEN): FaultRow => ({
  status: 401,
  s3Code: toS3Client.s3Code,
  outcome: 'unauthenticated',
  sentence,
  fix,
  toS3Client,
});

export const invalid = (
  s3Code: string,
  sentence: string,
  fix = 'Nothing here: the caller has to mend its request.',
): FaultRow => ({
  status: 400,
  s3Code,
  outcome: 'invalid_request',
  sentence,
  fix,
});

/** Google or AWS is out of reach for now: an SDK should come back. */
export const federationUnavailable = (sentence: string, fix: string): FaultRow => ({
  status: 503,
  s3Code: 'ServiceUnavailable',
  outcome: 'federation_failed',
  sentence,
  fix,
  retryAfterSeconds: 2,
});

/** AWS understood the bridge and refused it: nothing that the caller repeats will help. */
export const federationRefused = (fix: string): FaultRow => ({
  status: 502,
  s3Code: 'FederationFailed',
  outcome: 'federation_failed',
  sentence:
    'The bridge could not obtain credentials for this bucket. Its operator finds the reason under this request ID.',
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
