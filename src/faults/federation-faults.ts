// The faults of STS: what it refuses, and what keeps it from answering.
import { federationRefused, federationUnavailable } from '../fault-row.ts';
import type { FaultRow } from '../fault-row.ts';

const STS_SENTENCE = 'The bridge could not get credentials in time. Try again shortly.';

export const FEDERATION_FAULTS = {
  sts_denied: federationRefused(
    'The role does not exist, or its trust policy asks for other values than accounts.google.com:aud, :oaud and :sub have in this line (azp, aud and sub of our token).',
  ),
  sts_token_invalid: federationRefused(
    'STS would not accept our identity token. Check aws.audience, and that the account has no IAM OIDC provider registered for accounts.google.com.',
  ),
  sts_token_expired: federationRefused(
    'STS says that our identity token has expired even when fetched anew: check the clock of this machine.',
  ),
  sts_claim_rejected: federationRefused(
    'Google rejected a claim of our identity token: is the service account disabled?',
  ),
  sts_region_disabled: federationRefused(
    'STS is not activated in aws.region for this account: activate it in IAM, or choose another region.',
  ),
  sts_request_invalid: federationRefused(
    "STS rejected the request itself: compare the duration with the role's maximum, and the session policy's size.",
  ),
  sts_throttled: {
    ...federationUnavailable(
      STS_SENTENCE,
      'STS is throttling this account: too many different callers at once, or another user of STS there.',
    ),
    s3Code: 'SlowDown',
  },
  sts_failed: federationUnavailable(
    STS_SENTENCE,
    'STS answered with an error of its own, or with nonsense. If it lasts, see the AWS health page of aws.region.',
  ),
  sts_unreachable: federationUnavailable(
    STS_SENTENCE,
    'STS is out of reach: check egress and DNS to sts.REGION.amazonaws.com.',
  ),
  sts_timeout: federationUnavailable(
    STS_SENTENCE,
    'STS did not answer in time: check egress to sts.REGION.amazonaws.com.',
  ),
} as const satisfies Record<string, FaultRow>;
