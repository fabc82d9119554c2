// Stores bucket policies, and serves the requests that put, get and delete them.
import type { SandboxResponse } from '../response.ts';
import { MalformedPolicy, readPolicy, type Policy } from '../iam/policy.ts';
import { bodyText } from './request.ts';
import type { S3Request } from './request.ts';
import { idHeaders, S3Error } from './s3-error.ts';

export interface BucketPolicies {
  find(bucket: string): { readonly policy: Policy; readonly text: string } | undefined;
  /** Throws MalformedPolicy if the policy is invalid or names a resource outside the bucket. */
  put(bucket: string, text: string): void;
  remove(bucket: string): void;
}

export function createBucketPolicies(): BucketPolicies {
  const policies = new Map<string, { policy: Policy; text: string }>();
  return {
    find: (bucket) => policies.get(bucket),
    put(bucket, text) {
      const policy = readPolicy(text, 'resource');
      const arn = `arn:aws:s3:::${bucket}`;
      const inside = (resource: string) => resource === arn || resource.startsWith(`${arn}/`);
      if (!policy.statements.every(({ resources }) => resources.every(inside)))
        throw new MalformedPolicy('Policy has invalid resource');
      policies.set(bucket, { policy, text });
    },
    remove: (bucket) => void policies.delete(bucket),
  };
}

/** Serves requests with `?policy`. @param need throws if the principal is not allowed to perform the action */
export async function serveBucketPolicy(
  request: S3Request,
  policies: BucketPolicies,
  need: (action: string) => void,
): Promise<SandboxResponse> {
  const { method, bucket } = request;
  const headers = idHeaders(request);
  switch (method) {
    case 'GET': {
      need('s3:GetBucketPolicy');
      const found = policies.find(bucket);
      if (!found) throw new S3Error('NoSuchBucketPolicy', { elements: { BucketName: bucket } });
      const typed = { ...headers, 'content-type': 'application/json' };
      return { status: 200, headers: typed, body: Buffer.from(found.text) };
    }
    case 'PUT':
      need('s3:PutBucketPolicy');
      put(policies, bucket, await bodyText(request));
      return { status: 204, headers };
    case 'DELETE':
      need('s3:DeleteBucketPolicy');
      policies.remove(bucket);
      return { status: 204, headers };
    default:
      need('s3:NotInTheSandbox');
      throw new S3Error('MethodNotAllowed', { elements: { Method: method, ResourceType: 'BUCKETPOLICY' } });
  }
}

function put(policies: BucketPolicies, bucket: string, text: string): void {
  try {
    policies.put(bucket, text);
  } catch (error) {
    if (!(error instanceof MalformedPolicy)) throw error;
    throw new S3Error('MalformedPolicy', { message: error.message });
  }
}
