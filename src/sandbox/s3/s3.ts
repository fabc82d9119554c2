// AWS S3, path style: who asks, which bucket in which region, then the operation.
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
  /** The region whose endpoint this is. */
  readonly region: string;
}

/** Parameters that make a request be about something else than the object or the listing. */
const OTHER_SUBRESOURCES =
  /^(acl|accelerate|analytics|cors|encryption|intelligent-tiering|inventory|legal-hold|lifecycle|logging|metrics|notification|object-lock|ownershipControls|policy|policyStatus|publicAccessBlock|replication|requestPayment|restore|retention|select|torrent|uploads|uploadId|website)$/;

export function createS3(parts: S3Parts): Upstream<S3Request> {
  const { clock, credentials, buckets, bucketPolicies, spool, region } = parts;
  const access = createAccess(parts);
  const encryption = createEncryption(parts);

  return {
    read(http, call) {
      const asked = readRequest(http);
      const claim = claimOf({ headers: asked.headers, query: asked.signedQuery });
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
      return asked;
    },
    refuse(asked, { status, code, message, headers }) {
      const named = code ?? [...S3_ERRORS].find(([, [usual]]) => usual === status)?.[0] ?? 'UnknownError';
      return s3ErrorResponse(new S3Error(named, { message, headers }, status), asked, {
        bodiless: asked.method === 'HEAD',
      });
    },
    async respond(asked) {
      try {
        return await perform(asked);
      } catch (error) {
        if (!(error instanceof S3Error)) throw error;
        return s3ErrorResponse(withResource(error, asked), asked, { bodiless: asked.method === 'HEAD' });
      }
    },
  };

  async function perform(asked: S3Request): Promise<SandboxResponse> {
    if (asked.badPath) throw new S3Error('InvalidURI');
    checkKey(asked.key);
    const verified = await access.authenticate(asked);
    const { principal } = verified;
    const { method, query } = asked;
    if (asked.bucket === '') {
      requireRegion(verified, region);
      access.require(principal, 's3:ListAllMyBuckets', asked);
      if (method === 'GET') return listBuckets(asked, buckets);
      throw notAllowed(asked, 'SERVICE');
    }
    const bucket = buckets.find(asked.bucket);
    requireRegion(verified, bucket?.region ?? region, asked.bucket);
    if (asked.key === '' && method === 'PUT' && query.size === 0) {
      access.require(principal, 's3:CreateBucket', asked);
      return createBucket(asked, buckets, region, clock.now('s3'));
    }
    if (!bucket) throw new S3Error('NoSuchBucket', { elements: { BucketName: asked.bucket } });
    if (asked.key === '' && query.has('policy')) {
      return serveBucketPolicy(asked, bucketPolicies, (action) => {
        access.require(principal, action, asked);
      });
    }
    const other = [...query.keys()].find((name) => OTHER_SUBRESOURCES.test(name));
    if (other !== undefined) {
      access.require(principal, 's3:NotInTheSandbox', asked);
      throw new S3Error('NotImplemented', { message: `The sandbox has no "${other}".` });
    }
    return asked.key === '' ? onBucket(asked, bucket, principal) : onObject(asked, bucket, principal);
  }

  async function onBucket(asked: S3Request, bucket: Bucket, principal: Principal): Promise<SandboxResponse> {
    const read: ObjectRead = { asked, bucket, principal, access, encryption };
    const { method, query } = asked;
    const need = (action: string) => {
      access.require(principal, action, asked);
    };
    if (method === 'GET' && query.has('location'))
      return (need('s3:GetBucketLocation'), getLocation(asked, bucket));
    if (method === 'GET' && query.has('versioning'))
      return (need('s3:GetBucketVersioning'), getVersioning(asked, bucket));
    if (method === 'GET' && query.has('versions')) return listObjectVersions(read);
    if (method === 'GET') return query.get('list-type') === '2' ? listObjectsV2(read) : listObjectsV1(read);
    if (method === 'HEAD') return (need('s3:ListBucket'), headBucket(asked, bucket));
    if (method === 'PUT' && query.has('versioning'))
      return (need('s3:PutBucketVersioning'), putVersioning(asked, bucket));
    if (method === 'DELETE') {
      need('s3:DeleteBucket');
      const answer = await deleteBucket(asked, buckets, bucket);
      bucketPolicies.remove(asked.bucket);
      return answer;
    }
    need('s3:NotInTheSandbox');
    throw notAllowed(asked, 'BUCKET');
  }

  async function onObject(asked: S3Request, bucket: Bucket, principal: Principal): Promise<SandboxResponse> {
    const read: ObjectRead = { asked, bucket, principal, access, encryption };
    const { method, query } = asked;
    if (method === 'GET' && query.has('tagging')) return readTags(read);
    if (method === 'GET' && query.has('attributes')) return readAttributes(read);
    if (method === 'GET' || method === 'HEAD') return readObject(read);
    if (method === 'PUT') {
      access.require(principal, 's3:PutObject', asked);
      return putObject({ asked, bucket, principal, access, encryption }, spool, clock.now('s3'));
    }
    access.require(principal, method === 'DELETE' ? 's3:DeleteObject' : 's3:NotInTheSandbox', asked);
    if (method === 'DELETE') return deleteObject(asked, bucket, clock.now('s3'));
    throw notAllowed(asked, 'OBJECT');
  }

  /** One endpoint plays every region's: what is signed for ours is sent on, what is signed for a third is told off. */
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

/** Most errors name what was asked for. */
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
