// Authenticates S3 requests by their signature and session, and checks all policies that apply to them.
import type { Clock } from '../clock.ts';
import { refusalOf } from '../iam/authorize.ts';
import type { Credentials, Principal } from '../iam/credentials.ts';
import { ACCOUNT_ID, type Roles } from '../iam/roles.ts';
import { claimOf, MAX_SKEW_MS, verifySignature, type Claim, type Problem, type Verified } from '../sigv4.ts';
import type { BucketPolicies } from './bucket-policy.ts';
import type { S3Request } from './request.ts';
import { S3Error, type S3ErrorDetails } from './s3-error.ts';

export interface Access {
  /** Throws S3's error if the signature or the session is invalid. */
  authenticate(request: S3Request): Promise<Verified>;
  may(
    principal: Principal,
    action: string,
    request: S3Request,
    context?: Readonly<Record<string, string>>,
  ): boolean;
  /** Throws S3's AccessDenied with a message that names the role. */
  require(
    principal: Principal,
    action: string,
    request: S3Request,
    context?: Readonly<Record<string, string>>,
  ): void;
}

const PROBLEM_CODES: Readonly<Record<Problem, string>> = {
  unsigned: 'AccessDenied',
  malformed: 'AuthorizationHeaderMalformed',
  'headers-not-signed': 'AccessDenied',
  'unknown-key': 'InvalidAccessKeyId',
  'bad-token': 'InvalidToken',
  'expired-token': 'ExpiredToken',
  'expired-url': 'AccessDenied',
  skewed: 'RequestTimeTooSkewed',
  mismatch: 'SignatureDoesNotMatch',
};

/** The query parameters in list requests that correspond to IAM condition keys. */
const CONDITION_PARAMETERS = ['prefix', 'delimiter', 'max-keys'];

export function createAccess(parts: {
  clock: Clock;
  credentials: Credentials;
  roles: Roles;
  buckets: { find(name: string): { readonly owner: string } | undefined };
  bucketPolicies: BucketPolicies;
}): Access {
  const { clock, credentials, roles, buckets, bucketPolicies } = parts;
  const ownerOf = (bucket: string): string => buckets.find(bucket)?.owner ?? ACCOUNT_ID;

  function whyNot(
    principal: Principal,
    action: string,
    request: S3Request,
    context: Readonly<Record<string, string>>,
  ) {
    const ofBucket = /^s3:(ListBucket|GetBucket|PutBucket|CreateBucket|DeleteBucket)/.test(action);
    const resource = `arn:${partitionOf(principal)}:s3:::${request.bucket}${ofBucket || request.key === '' ? '' : `/${request.key}`}`;
    const entries = Object.entries({ ...connectionContext(request), ...context });
    return refusalOf(roles, principal, {
      action,
      resource,
      context: new Map(entries.map(([name, value]) => [name.toLowerCase(), [value]])),
      owner: request.bucket === '' ? undefined : ownerOf(request.bucket),
      resourcePolicy: bucketPolicies.find(request.bucket)?.policy,
    });
  }

  return {
    async authenticate(request) {
      const now = clock.now('s3');
      const { method, canonicalPaths, signedQuery, headers } = request;
      const signed = { method, paths: canonicalPaths, query: signedQuery, headers };
      const verified = await verifySignature(signed, { service: 's3', now, credentials });
      if (typeof verified === 'string')
        throw new S3Error(PROBLEM_CODES[verified], detailsOf(verified, request, now));
      if (headers.authorization !== undefined && headers['x-amz-content-sha256'] === undefined) {
        throw new S3Error('InvalidRequest', {
          message: 'Missing required header for this request: x-amz-content-sha256',
        });
      }
      const owner = headers['x-amz-expected-bucket-owner'];
      if (owner !== undefined && owner !== ownerOf(request.bucket)) throw new S3Error('AccessDenied');
      return verified;
    },
    may: (principal, action, request, context = {}) =>
      whyNot(principal, action, request, context) === undefined,
    require(principal, action, request, context = {}) {
      const message = whyNot(principal, action, request, context);
      if (message !== undefined) throw new S3Error('AccessDenied', { message });
    },
  };
}

/** Reports plain HTTP as HTTPS, so that bucket policies that require HTTPS also work in the sandbox. */
function connectionContext({ http }: S3Request): Record<string, string> {
  return { 'aws:SourceIp': http.socket.remoteAddress ?? '', 'aws:SecureTransport': 'true' };
}

/** Returns the partition of the caller's role, such as `aws-cn`; the sandbox's buckets exist in every partition. */
const partitionOf = (principal: Principal): string =>
  principal.kind === 'session' ? (principal.session.roleArn.split(':')[1] ?? 'aws') : 'aws';

/** Returns the condition keys for the parameters that a list request contains. */
export function listContext(request: S3Request): Record<string, string> {
  const given = CONDITION_PARAMETERS.filter((name) => request.query.has(name));
  return Object.fromEntries(given.map((name) => [`s3:${name}`, request.query.get(name) ?? '']));
}

/**
 * Returns the details of an error. Like S3, they repeat parts of the request, including the session token, so the bridge must not
 * forward S3's errors.
 */
function detailsOf(problem: Problem, request: S3Request, now: number): S3ErrorDetails {
  const claim = claimOf({ headers: request.headers, query: request.signedQuery });
  const { accessKeyId, sessionToken, signature, date }: Partial<Claim> =
    typeof claim === 'string' ? {} : claim;
  switch (problem) {
    case 'unknown-key':
      return { elements: { AWSAccessKeyId: accessKeyId } };
    case 'bad-token':
    case 'expired-token':
      return { elements: { 'Token-0': sessionToken } };
    case 'mismatch':
      return { elements: { AWSAccessKeyId: accessKeyId, SignatureProvided: signature } };
    case 'skewed':
      return {
        elements: {
          RequestTime: date,
          ServerTime: new Date(now).toISOString().replace(/\.\d+Z$/, 'Z'),
          MaxAllowedSkewMilliseconds: MAX_SKEW_MS,
        },
      };
    case 'headers-not-signed':
      return { message: 'There were headers present in the request which were not signed' };
    case 'expired-url':
      return { message: 'Request has expired' };
    default:
      return {};
  }
}
