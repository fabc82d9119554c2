// The faults of STS: what it refuses, and what keeps it from answering.
import { federationRefused, federationUnavailable } from './fault-row.ts';
import type { FaultRow } from './fault-row.ts';

const STS_SENTENCE = 'The bridge could not get credentials in time. Try again shortly.';

export const FEDERATION_FAULTS = {
  sts_denied: federationRefused(
    'The role does not exist, or its trust policy asks for other values than accounts.google.com:aud, :oaud, :sub and :email have in this line (azp, aud, sub and email of our token); a service account that was deleted and made again has a new unique ID. `fedbridge trust-policy` prints one that fits, and with --lint finds what is wrong in yours.',
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
  sts_oidc_provider_registered: federationRefused(
    'The account has an IAM OIDC provider registered for accounts.google.com, which stands before the one that AWS has built in: delete it (aws iam list-open-id-connect-providers).',
  ),
  sts_hop_denied: federationRefused(
    'A role that is assumed by other credentials (`then`, or the first one after an AWS profile) refused. Both sides must allow what `needs` names, of which `denied` is missing: the policy of who asks (`assumedBy`) on this ARN, and this role’s trust policy for it, with its conditions on sts:ExternalId, tags and source identity. `fedbridge trust-policy ROLE --hop N` prints one that does.',
  ),
  sts_credentials_rejected: federationRefused(
    'STS did not accept the credentials that a further role was asked with: check the clock of this machine, and whether the role or profile before it was revoked.',
  ),
  sts_duration_too_long: federationRefused(
    "`duration` is longer than the role's MaxSessionDuration, or than the hour of a role that is assumed by another one's credentials: lower it, or raise the role's (aws iam update-role --max-session-duration).",
  ),
  sts_policy_invalid: federationRefused(
    'STS found the session policy malformed: this is a bug of the bridge, report it with this line.',
  ),
  sts_policy_too_large: federationRefused(
    'STS packs session policy and session tags into one limit, and they exceed it: grant shorter prefixes, or fewer grants to one caller on one bucket, or set fewer tags.',
  ),
  sts_request_invalid: federationRefused(
    'STS rejected the request itself: compare the role ARN, external ID and tags with what STS allows.',
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
    'STS failed on its own (5xx), or sent an invalid response. If it lasts, see the AWS health page of aws.region.',
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
