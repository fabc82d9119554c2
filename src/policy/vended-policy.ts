// Compiles the session policy of credentials that a caller receives. Such a policy is stricter than the policy of the bridge's
// own sessions, because the caller can send any request to any AWS service.
import { MAX_POLICY_CHARACTERS } from '../config/aws-limits.ts';
import type { Bucket, Grant } from '../config/types.ts';
import { allowances, grantedActions, reachDenials } from './policy-statements.ts';
import type { Statement } from './policy-statements.ts';
import { policyDocument } from './session-policy.ts';

/**
 * The beginning of the names of sessions whose credentials a caller holds. It distinguishes them from the bridge's own sessions
 * in CloudTrail and in conditions on `sts:RoleSessionName`.
 */
export const VENDED_SESSION_PREFIX = 'vend=';

const DECRYPT = 'kms:Decrypt';

/**
 * Returns a session policy that always contains its Deny statements. Without them, the policy would not limit what resource
 * policies grant.
 * @param grants only grants that include `vend`
 * @returns undefined if STS would not accept the policy because of its length
 */
export function vendedPolicy(bucket: Bucket, grants: readonly Grant[]): string | undefined {
  const policy = policyDocument([
    ...allowances(bucket, grants),
    ...otherServiceDenials(grants),
    ...reachDenials(bucket, grants),
  ]);
  return policy.length <= MAX_POLICY_CHARACTERS ? policy : undefined;
}

/**
 * Denies all other actions of all services, and decryption that S3 does not request. The key policy of `aws/s3` allows decryption
 * only through S3, so that reads of objects with this key still work.
 */
function otherServiceDenials(grants: readonly Grant[]): Statement[] {
  return [
    { Effect: 'Deny', NotAction: [...grantedActions(grants), DECRYPT].sort(), Resource: '*' },
    {
      Effect: 'Deny',
      Action: DECRYPT,
      Resource: '*',
      // This condition also applies to a request without the key, which is a direct call of KMS.
      Condition: { StringNotLike: { 'kms:ViaService': 's3.*.amazonaws.com*' } },
    },
  ];
}
