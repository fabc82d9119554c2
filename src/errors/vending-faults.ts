// Rows of the fault table for requests for AWS credentials (`vend` in a grant). The bridge rejects these requests before it
// calls STS, except when only STS can determine that a policy is too large.
import type { FaultRow } from './fault-row.ts';

const refused = (sentence: string, fix: string): FaultRow => ({
  status: 403,
  s3Code: 'AccessDenied',
  outcome: 'not_granted',
  sentence,
  fix,
});

export const VENDING_FAULTS = {
  vend_not_granted: refused(
    'None of your grants on this bucket lets you obtain AWS credentials. /-/whoami shows your identity and grants.',
    "To let the caller call S3 directly, add `vend` to `allow` in the caller's grants. Read SECURITY.md first: the bridge cannot take back credentials, and cannot log or limit what callers do with them.",
  ),
  vend_shared_session: refused(
    'The bridge issues no AWS credentials for this bucket, because its sessions are not named after callers. Read the bucket through the bridge.',
    "The bucket's role has `session: bridge`, so CloudTrail could not show who uses the credentials. Set the role's `session` to `caller`, or remove `vend` from the grants.",
  ),
  vend_policy_too_large: refused(
    'The bridge cannot issue AWS credentials that are limited to your grants on this bucket, because the grants are too many or their prefixes too long. Read the bucket through the bridge.',
    "The session policy for the caller's grants that include `vend`, together with its Deny statements, is too long: STS accepts at most 2,048 characters, and also limits the packed size. Grant fewer or shorter prefixes, or remove `vend` from some of the caller's grants.",
  ),
  vend_rate_limited: {
    status: 429,
    s3Code: 'SlowDown',
    outcome: 'overloaded',
    sentence:
      'You are requesting AWS credentials too often. Reuse your credentials until shortly before they expire.',
    fix: 'No action needed unless the error recurs: the caller requests new credentials too often, or too many processes share one service account. The limit is fixed; docs/reference/limits.md explains it.',
    retryAfterSeconds: 10,
  },
} as const satisfies Record<string, FaultRow>;
