// Who asks S3, and whether they may: signature, session, then role policy and session policy together.
import type { Clock } from '../clock.ts';
import { refusalOf } from '../iam/authorize.ts';
import type { Credentials, Principal } from '../iam/credentials.ts';
import { ACCOUNT_ID, type Roles } from '../iam/roles.ts';
import { claimOf, MAX_SKEW_MS, verifySignature, type Claim, type Problem, type Verified } from '../sigv4.ts';
import type { BucketPolicies } from './bucket-policy.ts';
import type { S3Request } from './request.ts';
import { S3Error, type S3ErrorDetails } from './s3-error.ts';

export interface Access {
  /** Throws S3's error where the signature or the session is no good. */
  authenticate(asked: S3Request): Promise<Verified>;
  may(
    principal: Principal,
    action: string,
    asked: S3Request,
    context?: Readonly<Record<string, string>>,
  ): boolean;
  /** Throws S3's AccessDenied, whose message names the role. */
  require(
    principal: Principal,
    action: string,
    asked: S3Request,
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

/** The condition keys that a listing's parameters become. */
const CONDITION_PARAMETERS = ['prefix', 'delimiter', 'max-keys'];

export function createAccess(parts: {
  clock: Clock;
  credentials: Credentials;
  roles: Roles;
  bucketPolicies: BucketPolicies;
}): Access {
  const { clock, credentials, roles, bucketPolicies } = parts;

  function whyNot(
    principal: Principal,
    action: string,
    asked: S3Request,
    context: Readonly<Record<string, string>>,
  ) {
    const ofBucket = /^s3:(ListBucket|GetBucket|PutBucket|CreateBucket|DeleteBucket)/.test(action);
    const resource = `arn:aws:s3:::${asked.bucket}${ofBucket || asked.key === '' ? '' : `/${asked.key}`}`;
    const entries = Object.entries({ ...connectionContext(asked), ...context });
    return refusalOf(roles, principal, {
      action,
      resource,
      context: new Map(entries.map(([name, value]) => [name.toLowerCase(), [value]])),
      owner: asked.bucket === '' ? undefined : ACCOUNT_ID,
      resourcePolicy: bucketPolicies.find(asked.bucket)?.policy,
    });
  }

  return {
    async authenticate(asked) {
      const now = clock.now('s3');
      const { method, canonicalPaths, signedQuery, headers } = asked;
      const request = { method, paths: canonicalPaths, query: signedQuery, headers };
      const verified = await verifySignature(request, { service: 's3', now, credentials });
      if (typeof verified === 'string')
        throw new S3Error(PROBLEM_CODES[verified], detailsOf(verified, asked, now));
      if (headers.authorization !== undefined && headers['x-amz-content-sha256'] === undefined) {
        throw new S3Error('InvalidRequest', {
          message: 'Missing required header for this request: x-amz-content-sha256',
        });
      }
      const owner = headers['x-amz-expected-bucket-owner'];
      if (owner !== undefined && owner !== ACCOUNT_ID) throw new S3Error('AccessDenied');
      return verified;
    },
    may: (principal, action, asked, context = {}) => whyNot(principal, action, asked, context) === undefined,
    require(principal, action, asked, context = {}) {
      const message = whyNot(principal, action, asked, context);
      if (message !== undefined) throw new S3Error('AccessDenied', { message });
    },
  };
}

/** Plain HTTP on loopback stands for HTTPS, so that a policy that denies all else can be tried as it is. */
function connectionContext({ http }: S3Request): Record<string, string> {
  return { 'aws:SourceIp': http.socket.remoteAddress ?? '', 'aws:SecureTransport': 'true' };
}

/** What a listing's parameters are to a policy: a parameter that is absent is a key that is absent. */
export function listContext(asked: S3Request): Record<string, string> {
  const given = CONDITION_PARAMETERS.filter((name) => asked.query.has(name));
  return Object.fromEntries(given.map((name) => [`s3:${name}`, asked.query.get(name) ?? '']));
}

/** S3's errors echo what was sent, the token included: a bridge must not hand them on. */
function detailsOf(problem: Problem, asked: S3Request, now: number): S3ErrorDetails {
  const claim = claimOf({ headers: asked.headers, query: asked.signedQuery });
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
