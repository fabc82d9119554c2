// Rows of the fault table for STS: for requests that STS rejects, and for problems that prevent STS from responding.
import { federationRefused, federationUnavailable } from './fault-row.ts';
import type { FaultRow } from './fault-row.ts';

const STS_SENTENCE = 'The bridge could not get credentials in time. Try again shortly.';

export const FEDERATION_FAULTS = {
  sts_denied: federationRefused(
    "The role does not exist, or its trust policy does not match the bridge's token. Compare the policy's conditions with the accounts.google.com values in this log line. AWS compares the condition key :aud with the token's claim azp, and :oaud with the claim aud. A service account that was deleted and re-created has a new unique ID. `fedbridge trust-policy` prints a matching policy; `fedbridge trust-policy --lint FILE` finds mistakes in your policy.",
  ),
  sts_token_invalid: federationRefused(
    "STS did not accept the bridge's identity token. Check aws.audience. Also check that the AWS account has no IAM OIDC provider registered for accounts.google.com.",
  ),
  sts_token_expired: federationRefused(
    "STS reports that even a newly fetched identity token has expired: check this machine's clock.",
  ),
  sts_claim_rejected: federationRefused(
    "Google rejected a claim in the bridge's identity token: check whether the service account is disabled.",
  ),
  sts_region_disabled: federationRefused(
    'STS is not activated in aws.region for this account: activate it in IAM, or choose another region.',
  ),
  sts_oidc_provider_registered: federationRefused(
    'The account has an IAM OIDC provider registered for accounts.google.com, which overrides the provider built into AWS. Find the registered provider with `aws iam list-open-id-connect-providers`, and delete it.',
  ),
  sts_hop_denied: federationRefused(
    "AWS denied an action that is needed to assume a chained role (a role under `then`, or the first role after an AWS profile). `denied` names the action. Two policies must allow all actions in `needs`: the chained role's trust policy, and the policy of the identity in `assumedBy`. Also check the trust policy's conditions on sts:ExternalId, session tags and source identity. `fedbridge trust-policy ROLE --hop N` prints a matching policy.",
  ),
  sts_credentials_rejected: federationRefused(
    "STS did not accept the credentials used to assume a chained role. Check this machine's clock, and whether the sessions of the previous role or profile were revoked.",
  ),
  sts_duration_too_long: federationRefused(
    "`duration` is longer than STS allows: at most the role's MaxSessionDuration, and at most one hour for a role that another role assumes. Lower `duration`, or raise MaxSessionDuration (aws iam update-role --max-session-duration).",
  ),
  sts_policy_invalid: federationRefused(
    'STS rejected the session policy as malformed. This is a bug in the bridge: report it, and include this log line.',
  ),
  sts_policy_too_large: federationRefused(
    'The session policy and the session tags together exceed an STS size limit. Grant shorter prefixes, set fewer tags, or give each caller fewer grants per bucket.',
  ),
  sts_request_invalid: federationRefused(
    'STS rejected the request as invalid: check that the role ARN, external ID and tags are in a form that STS accepts.',
  ),
  sts_throttled: {
    ...federationUnavailable(
      STS_SENTENCE,
      'STS is throttling this account: too many different callers are active at the same time, or other clients in the account also call STS.',
    ),
    s3Code: 'SlowDown',
  },
  sts_failed: federationUnavailable(
    STS_SENTENCE,
    'STS failed (5xx), or sent an invalid response. If this persists, check the AWS Health Dashboard for the region in aws.region.',
  ),
  sts_unreachable: federationUnavailable(
    STS_SENTENCE,
    'STS is unreachable: check egress and DNS for sts.REGION.amazonaws.com.',
  ),
  sts_timeout: federationUnavailable(
    STS_SENTENCE,
    'STS did not respond in time: check egress to sts.REGION.amazonaws.com.',
  ),
} as const satisfies Record<string, FaultRow>;
