// Rows of the fault table for problems with a caller's token.
import {
  EXPIRED_TOKEN,
  federationUnavailable,
  invalid,
  STS_EXPIRED_TOKEN,
  STS_INVALID_TOKEN,
  STS_KEYS_UNAVAILABLE,
  unauthenticated,
} from './fault-row.ts';
import type { FaultRow } from './fault-row.ts';

export const TOKEN_FAULTS = {
  token_missing: unauthenticated(
    'The request has no identity token. Send the header Authorization: Bearer with a Google-signed ID token whose audience is this bridge.',
    'No action needed: the caller sent no token.',
    { status: 403, s3Code: 'AccessDenied' },
  ),
  token_in_url: {
    ...invalid(
      'AuthorizationQueryParametersError',
      'Tokens and signatures in a URL, as in presigned URLs, are not accepted, because URLs end up in logs. Send the token in a header.',
    ),
    outcome: 'unauthenticated',
  },
  tokens_conflict: {
    ...invalid('InvalidRequest', 'The request contains more than one identity token.'),
    outcome: 'unauthenticated',
    toStsClient: STS_INVALID_TOKEN,
  },
  signature_not_supported: {
    ...invalid(
      'InvalidRequest',
      // The sentence is S3's own message for this error.
      'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
      'No action needed: the caller must configure its S3 client for Signature Version 4.',
    ),
    outcome: 'unauthenticated',
  },
  token_signature_removed: unauthenticated(
    "Cloud Run's invoker check removed the token's signature, so the bridge cannot verify the token.",
    'Send the token for Cloud Run in X-Serverless-Authorization and the token for the bridge in Authorization, or turn off the invoker check (invoker_iam_disabled).',
  ),
  token_malformed: unauthenticated(
    'The identity token is not a JSON Web Token.',
    'No action needed: the caller sent something other than a Google ID token.',
  ),
  token_too_large: unauthenticated(
    'The identity token is longer than 8192 characters.',
    'No action needed: the caller sent something other than a Google ID token.',
  ),
  token_algorithm_invalid: unauthenticated(
    'The signature algorithm of the identity token is not accepted. Google tokens must use RS256; tokens of other issuers may also use ES256.',
    'No action needed unless the error recurs. If it does, someone may be trying forged tokens.',
  ),
  token_key_unknown: unauthenticated(
    "The identity token is signed with a key that the token's issuer does not publish.",
    "No action needed unless all callers of one issuer get this error. In that case, check the issuer's `jwks` in the configuration, or FEDBRIDGE_GOOGLE_CERTS if the issuer is Google.",
  ),
  token_signature_invalid: unauthenticated(
    "The identity token's signature does not match.",
    'No action needed unless the error recurs. If it does, someone may be trying forged tokens.',
  ),
  token_issuer_invalid: unauthenticated(
    'The identity token was not issued by https://accounts.google.com or another issuer that this bridge trusts.',
    'No action needed: the caller sent a token from another issuer. To accept tokens from that issuer, add the issuer to `issuers`.',
  ),
  token_audience_invalid: unauthenticated(
    "The identity token is for a different audience. Request a token for this bridge's audience from the metadata server, or from the token's issuer.",
    "Compare the audience in this log line with `audience` in the configuration, or with the issuer's own `audience`.",
  ),
  token_expired: {
    ...unauthenticated(
      'The identity token has expired. Fetch a new one.',
      "No action needed unless all callers get this error. In that case, check the bridge's clock.",
      EXPIRED_TOKEN,
    ),
    toStsClient: STS_EXPIRED_TOKEN,
  },
  token_not_yet_valid: unauthenticated(
    'The identity token is not valid yet.',
    "Check the caller's clock and the bridge's clock.",
  ),
  token_claims_invalid: unauthenticated(
    'The identity token lacks a required claim (sub, aud, exp or iat), or the claim sub does not have the format that its issuer uses.',
    'No action needed: the caller sent something other than an ID token. The subject of a Kubernetes token must be a service account.',
  ),
  signing_keys_unavailable: {
    ...federationUnavailable(
      "The bridge could not fetch Google's signing keys. Try again shortly.",
      "Google's certificate endpoint is unreachable, and this token's key is not cached. Check egress to `www.googleapis.com`.",
    ),
    outcome: 'upstream_failed',
    toStsClient: STS_KEYS_UNAVAILABLE,
  },

  issuer_keys_unavailable: {
    ...federationUnavailable(
      "The bridge could not fetch the signing keys of the token's issuer. Try again shortly.",
      "The bridge could not fetch the keys of the issuer that `cause` names. Only this issuer's callers are affected. Check egress to the issuer's host, and the issuer's `url` and `jwks` in the configuration. Set `jwks` if the keys are on another origin. If `cause.issuer` is `IAP`, the console could not fetch the signing keys of Identity-Aware Proxy: check egress to `www.gstatic.com`.",
    ),
    outcome: 'upstream_failed',
    toStsClient: STS_KEYS_UNAVAILABLE,
  },
} as const satisfies Record<string, FaultRow>;
