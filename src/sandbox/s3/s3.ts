// Emulates AWS S3 with path-style and virtual-hosted-style URLs: authenticates the request, finds the bucket, checks the region, and runs the operation.
import type { SandboxResponse } from '../response.ts';
import { headersWithoutSecrets } from '../calls.ts';
import type { Clock } from '../clock.ts';
import type { Credentials, Principal } from '../iam/credentials.ts';
import type { Roles } from '../iam/roles.ts';
import { claimOf, type Claim, type Verified } from '../sigv4.ts';
import type { Upstream } from '../upstream-server.ts';
import type { KmsKeys } from '../kms/kms-keys.ts';
import { createAccess } from './access.ts';
import { serveBucketPolicy, type BucketPolicies } from './bucket-policy.ts';
import {
  createBucket,
  deleteBucket,
  getLocation,
  getVersioning,
  headBucket,
  listBuckets,
  putVersioning,
  type Buckets,
} from './buckets.ts';
import { createEncryption } from './encryption.ts';
import { S3_ERRORS, S3Error, s3ErrorResponse } from './s3-error.ts';
import { listObjectsV1, listObjectsV2 } from './list-objects.ts';
import { listObjectVersions } from './list-versions.ts';
import type { Bucket } from './objects.ts';
import { readAttributes, readObject, readTags, type ObjectRead } from './read-object.ts';
import { readRequest, type S3Request } from './request.ts';
import type { Spool } from './spool.ts';
import { checkKey, deleteObject, putObject } from './write-object.ts';

export interface S3Parts {
  readonly clock: Clock;
  readonly credentials: Credentials;
  readonly roles: Roles;
  readonly buckets: Buckets;
  readonly bucketPolicies: BucketPolicies;
  readonly kmsKeys: KmsKeys;
  readonly spool: Spool;
  /** The region of this endpoint. */
  readonly region: string;
}

/** Unsupported subresources. Without this list, requests for them would be served as GetObject or ListObjects. */
const OTHER_SUBRESOURCES =
  /^(acl|accelerate|analytics|cors|encryption|intelligent-tiering|inventory|legal-hold|lifecycle|logging|metrics|notification|object-lock|ownershipControls|policy|policyStatus|publicAccessBlock|replication|requestPayment|restore|retention|select|torrent|uploads|uploadId|website)$/;

export function createS3(parts: S3Parts): Upstream<S3Request> {
  const { clock, credentials, buckets, bucketPolicies, spool, region } = parts;
  const access = createAccess(parts);
  const encryption = createEncryption(parts);

  return {
    read(http, call) {
      const request = readRequest(http);
      const claim = claimOf({ headers: request.headers, query: request.signedQuery });
      const { accessKeyId, sessionToken }: Partial<Claim> = typeof claim === 'string' ? {} : claim;
      const found = accessKeyId === undefined ? 'unknown-key' : credentials.find(accessKeyId, sessionToken);
      const session =
        typeof found === 'object' && found.principal.kind === 'session' ? found.principal.session : undefined;
      call.note({
        headers: headersWithoutSecrets(http),
        accessKeyId,
        roleSessionName: session?.name,
        roleArn: session?.roleArn,
      });
      return request;
    },
    refuse(request, { status, code, message, headers }) {
      const named = code ?? [...S3_ERRORS].find(([, [usual]]) => usual === status)?.[0] ?? 'UnknownError';
      return s3ErrorResponse(new S3Error(named, { message, headers }, status), request, {
        bodiless: request.method === 'HEAD',
      });
    },
    async respond(request) {
      try {
        return await perform(request);
      } catch (error) {
        if (!(error instanceof S3Error)) throw error;
        return s3ErrorResponse(withResource(error, request), request, {
          bodiless: request.method === 'HEAD',
        });
      }
    },
  };

  async function perform(request: S3Request): Promise<SandboxResponse> {
    if (request.badPath) throw new S3Error('InvalidURI');
    checkKey(request.key);
    const verified = await access.authenticate(request);
    const { principal } = verified;
    const { method, query } = request;
    if (request.bucket === '') {
      requireRegion(verified, region);
      access.require(principal, 's3:ListAllMyBuckets', request);
      if (method === 'GET') return listBuckets(request, buckets);
      throw notAllowed(request, 'SERVICE');
    }
    const bucket = buckets.find(request.bucket);
    requireRegion(verified, bucket?.region ?? region, request.bucket);
    if (request.key === '' && method === 'PUT' && query.size === 0) {
      access.require(principal, 's3:CreateBucket', request);
      return createBucket(request, buckets, region, clock.now('s3'));
    }
    if (!bucket) throw new S3Error('NoSuchBucket', { elements: { BucketName: request.bucket } });
    if (request.key === '' && query.has('policy')) {
      return serveBucketPolicy(request, bucketPolicies, (action) => {
        access.require(principal, action, request);
      });
    }
    const other = [...query.keys()].find((name) => OTHER_SUBRESOURCES.test(name));
    if (other !== undefined) {
      access.require(principal, 's3:NotInTheSandbox', request);
      throw new S3Error('NotImplemented', { message: `The sandbox does not support "${other}".` });
    }
    return request.key === '' ? onBucket(request, bucket, principal) : onObject(request, bucket, principal);
  }

  async function onBucket(
    request: S3Request,
    bucket: Bucket,
    principal: Principal,
  ): Promise<SandboxResponse> {
    const read: ObjectRead = { request, bucket, principal, access, encryption };
    const { method, query } = request;
    const need = (action: string) => {
      access.require(principal, action, request);
    };
    if (method === 'GET' && query.has('location'))
      return (need('s3:GetBucketLocation'), getLocation(request, bucket));
    if (method === 'GET' && query.has('versioning'))
      return (need('s3:GetBucketVersioning'), getVersioning(request, bucket));
    if (method === 'GET' && query.has('versions')) return listObjectVersions(read);
    if (method === 'GET') return query.get('list-type') === '2' ? listObjectsV2(read) : listObjectsV1(read);
    if (method === 'HEAD') return (need('s3:ListBucket'), headBucket(request, bucket));
    if (method === 'PUT' && query.has('versioning'))
      return (need('s3:PutBucketVersioning'), putVersioning(request, bucket));
    if (method === 'DELETE') {
      need('s3:DeleteBucket');
      const response = await deleteBucket(request, buckets, bucket);
      bucketPolicies.remove(request.bucket);
      return response;
    }
    need('s3:NotInTheSandbox');
    throw notAllowed(request, 'BUCKET');
  }

  async function onObject(
    request: S3Request,
    bucket: Bucket,
    principal: Principal,
  ): Promise<SandboxResponse> {
    const read: ObjectRead = { request, bucket, principal, access, encryption };
    const { method, query } = request;
    if (method === 'GET' && query.has('tagging')) return readTags(read);
    if (method === 'GET' && query.has('attributes')) return readAttributes(read);
    if (method === 'GET' || method === 'HEAD') return readObject(read);
    if (method === 'PUT') {
      access.require(principal, 's3:PutObject', request);
      return putObject({ request, bucket, principal, access, encryption }, spool, clock.now('s3'));
    }
    access.require(principal, method === 'DELETE' ? 's3:DeleteObject' : 's3:NotInTheSandbox', request);
    if (method === 'DELETE') return deleteObject(request, bucket, clock.now('s3'));
    throw notAllowed(request, 'OBJECT');
  }

  /**
   * The sandbox has one S3 endpoint for all regions. A request must be signed for the bucket's region. If it is signed for the
   * endpoint's region, the client is redirected to the bucket's region; any other region is rejected.
   */
  function requireRegion({ region: signed }: Verified, wanted: string, bucket?: string): void {
    if (signed === wanted) return;
    const headers = { 'x-amz-bucket-region': wanted };
    if (signed === region && bucket !== undefined) {
      const elements = { Endpoint: `${bucket}.s3.${wanted}.amazonaws.com`, Bucket: bucket };
      throw new S3Error('PermanentRedirect', { elements, headers });
    }
    throw new S3Error('AuthorizationHeaderMalformed', {
      message: `The authorization header is malformed; the region '${signed}' is wrong; expecting '${wanted}'`,
      elements: { Region: wanted },
      headers,
    });
  }
}

function notAllowed({ method }: S3Request, resourceType: string): S3Error {
  return new S3Error('MethodNotAllowed', { elements: { Method: method, ResourceType: resourceType } });
}

/** Adds the requested resource to the error, as S3 does for most codes. */
function withResource(error: S3Error, { bucket, key }: S3Request): S3Error {
  const { elements = {} } = error.details;
  if ('Key' in elements || error.code === 'AccessDenied') return error;
  const resource = `/${bucket}${key === '' ? '' : `/${key}`}`;
  return new S3Error(
    error.code,
    { ...error.details, elements: { ...elements, Resource: resource } },
    error.status,
  );
}
