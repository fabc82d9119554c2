// Decides from the grants whether a caller may obtain AWS credentials for a bucket, and what these credentials allow. As in
// authorize.ts, the functions are pure.
import type { Bucket, Grant } from '../config/types.ts';
import { Fault } from '../errors/fault.ts';
import { vendedPolicy } from '../policy/vended-policy.ts';
import type { Access } from './grants.ts';

/** A decision that lets the caller obtain credentials. No credentials can be issued without such a permit. */
export interface VendingPermit {
  readonly bucket: Bucket;
  /** The caller's grants on the bucket that include `vend`. The credentials allow only what these grants allow. */
  readonly grants: readonly Grant[];
  readonly policy: string;
}

export type VendingRefusal = 'vend_not_granted' | 'vend_shared_session' | 'vend_policy_too_large';

export type VendingDecision = { readonly permit: VendingPermit } | { readonly refusal: VendingRefusal };

/**
 * Refuses a missing bucket in the same way as a bucket without a suitable grant, so that callers cannot probe for bucket names.
 */
export function decideVending(access: ReadonlyMap<string, Access>, bucketName: string): VendingDecision {
  const own = access.get(bucketName);
  const grants = own?.grants.filter(({ allow }) => allow.includes('vend')) ?? [];
  if (own === undefined || grants.length === 0) return { refusal: 'vend_not_granted' };
  const { bucket } = own;
  if (bucket.role.session === 'bridge') return { refusal: 'vend_shared_session' };
  const policy = vendedPolicy(bucket, grants);
  return policy === undefined ? { refusal: 'vend_policy_too_large' } : { permit: { bucket, grants, policy } };
}

/** @throws Fault vend_not_granted, vend_shared_session, vend_policy_too_large */
export function authorizeVending(access: ReadonlyMap<string, Access>, bucketName: string): VendingPermit {
  const decision = decideVending(access, bucketName);
  if ('permit' in decision) return decision.permit;
  throw new Fault(decision.refusal);
}
