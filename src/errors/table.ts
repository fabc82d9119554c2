// The one table of faults: for each code, what the caller is told and what the operator should do about it.
import { EXPIRED_TOKEN, federationUnavailable, invalid, unauthenticated } from './fault-row.ts';
import type { FaultRow } from './fault-row.ts';
import { FEDERATION_FAULTS } from './federation-faults.ts';
import { IDENTITY_FAULTS } from './bridge-identity-faults.ts';
import { S3_FAULTS } from './s3-faults.ts';

export const FAULTS = {
  // Bytes on a connection that are not a valid HTTP request.
  request_malformed: invalid(
    'BadRequest',
    'What came is not an HTTP/1.1 request.',
    'Nothing here, unless it repeats: `cause` says what came. Something speaks another protocol to this port (TLS, HTTP/2), or scans it.',
  ),
  request_headers_too_large: {
    ...invalid(
      'RequestHeaderSectionTooLarge',
      'The request line and headers are longer than 16 KiB.',
      'Nothing here: the caller sends large headers, cookies most often, that the bridge has no use for.',
    ),
    status: 431,
  },
  request_too_slow: {
    ...invalid(
      'RequestTimeout',
      'The request did not arrive in time.',
      'Nothing here, unless it repeats: a caller whose network stalls, or somebody who holds connections open.',
    ),
    status: 408,
  },
  host_missing: invalid('BadRequest', 'HTTP/1.1 demands a Host header.'),

  // The request, before anyone is asked.
  method_not_allowed: {
    status: 405,
    s3Code: 'MethodNotAllowed',
    outcome: 'invalid_request',
    sentence: 'This bridge only reads: GET and HEAD are served.',
    fix: 'Nothing here, where the caller tried to write. OPTIONS is a browser that asks first whether a page may read: list the page’s origin under `cors.origins`.',
  },
  target_not_path: invalid(
    'InvalidURI',
    "The request target must be a path that begins with '/', or an http or https URL.",
  ),
  escape_invalid: invalid(
    'InvalidURI',
    'The path holds a percent-escape that is not UTF-8 or not two hexadecimal digits.',
  ),
  key_holds_nul: invalid('InvalidURI', 'The key holds a NUL byte, which this bridge does not pass on.'),
  key_too_long: invalid('KeyTooLongError', 'The key is longer than 1024 bytes in UTF-8.'),
  bucket_name_invalid: invalid(
    'InvalidBucketName',
    "The bucket's name is not one of S3's: 3 to 63 lower-case letters, digits, dots and hyphens.",
  ),
  parameter_repeated: invalid('InvalidArgument', 'A query parameter is given twice.'),
  parameter_invalid: invalid(
    'InvalidArgument',
    'A query parameter is missing, or has a value that is not allowed.',
  ),
  header_invalid: invalid('InvalidArgument', 'An x-amz- header holds other characters than visible ASCII.'),
  not_implemented: {
    status: 501,
    s3Code: 'NotImplemented',
    outcome: 'not_implemented',
    sentence: 'This bridge does not offer that operation or query parameter.',
    fix: 'Nothing here: the README lists the operations that are served.',
  },
  route_unknown: {
    status: 404,
    s3Code: 'NoSuchKey',
    outcome: 'not_found',
    sentence: 'There is no such control route.',
    fix: 'Nothing here: the README lists the control routes.',
  },

  // Who asks.
  token_missing: unauthenticated(
    'No identity token: send Authorization: Bearer with a Google-signed ID token whose audience is this bridge.',
    'Nothing here: the caller sent no token.',
    { status: 403, s3Code: 'AccessDenied' },
  ),
  token_in_url: {
    ...invalid(
      'AuthorizationQueryParametersError',
      'Tokens and signatures in a URL (presigned requests) are refused: URLs end up in logs. Send the token in a header.',
    ),
    outcome: 'unauthenticated',
  },
  tokens_conflict: {
    ...invalid('InvalidRequest', 'The request presents more than one identity token.'),
    outcome: 'unauthenticated',
  },
  signature_not_supported: {
    ...invalid(
      'InvalidRequest',
      // S3's own sentence.
      'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
      'No action needed: the caller must configure its S3 client for Signature Version 4.',
    ),
    outcome: 'unauthenticated',
  },
  token_signature_removed: unauthenticated(
    "The token's signature was removed by Cloud Run's invoker check, so it proves nothing here.",
    "Send Cloud Run's own token in X-Serverless-Authorization and the bridge's in Authorization, or switch the invoker check off (invoker_iam_disabled).",
  ),
  token_malformed: unauthenticated(
    'The identity token is not a JSON Web Token.',
    'Nothing here: the caller sent something else than a Google ID token.',
  ),
  token_too_large: unauthenticated(
    'The identity token is longer than 8192 characters.',
    'Nothing here: the caller sent something else than a Google ID token.',
  ),
  token_algorithm_invalid: unauthenticated(
    'The identity token is not signed with RS256.',
    'Nothing here, unless it repeats: somebody may be trying forged tokens.',
  ),
  token_key_unknown: unauthenticated(
    'The identity token is signed by a key that Google does not publish.',
    'If all callers get this, check FEDBRIDGE_GOOGLE_CERTS.',
  ),
  token_signature_invalid: unauthenticated(
    "The identity token's signature does not match.",
    'Nothing here, unless it repeats: somebody may be trying forged tokens.',
  ),
  token_issuer_invalid: unauthenticated(
    'The identity token was not issued by https://accounts.google.com.',
    'Nothing here: the caller sent another issuer’s token.',
  ),
  token_audience_invalid: unauthenticated(
    "The identity token is for another audience. Ask the metadata server for one with this bridge's audience.",
    'Compare the audience in this line with `audience` in the configuration.',
  ),
  token_expired: unauthenticated(
    'The identity token has expired. Fetch a new one.',
    'Nothing here, unless all callers get it: then check the clock.',
    EXPIRED_TOKEN,
  ),
  token_not_yet_valid: unauthenticated(
    'The identity token is not valid yet.',
    'Check the clocks of the caller and of the bridge.',
  ),
  token_claims_invalid: unauthenticated(
    'The identity token lacks a claim that Google ID tokens carry (sub, aud, exp, iat).',
    'Nothing here: the caller sent something else than a Google ID token.',
  ),
  signing_keys_unavailable: {
    ...federationUnavailable(
      "The bridge could not fetch Google's signing keys. Try again shortly.",
      'The certificate endpoint is out of reach, and the key of this token is not known: check egress to www.googleapis.com.',
    ),
    outcome: 'upstream_failed',
  },

  // What they may.
  not_granted: {
    status: 403,
    s3Code: 'AccessDenied',
    outcome: 'not_granted',
    sentence: 'You may not read this. /-/whoami shows who you are here and what you may read.',
    fix: 'If the caller should read this, add a grant for it; `fedbridge check FILE --caller CALLER --get BUCKET/KEY` says why none decides.',
  },
  owner_mismatch: {
    status: 403,
    s3Code: 'AccessDenied',
    outcome: 'invalid_request',
    sentence: 'The bucket is configured with another owner than the account in x-amz-expected-bucket-owner.',
    fix: "No action needed if the bucket's `expectedOwner` is right: the caller must correct its header or omit it.",
  },
  owner_not_checked: {
    status: 501,
    s3Code: 'NotImplemented',
    outcome: 'not_implemented',
    sentence:
      'This operation does not call S3, which would check x-amz-expected-bucket-owner. Omit the header, or read an object with it.',
    fix: 'Set `expectedOwner` of the bucket in the configuration: the bridge then compares it with the header.',
  },
  caller_is_bridge: {
    status: 403,
    s3Code: 'AccessDenied',
    outcome: 'not_granted',
    sentence: "The bridge's own service account cannot be a caller.",
    fix: 'Give the caller a service account of its own.',
  },

  ...IDENTITY_FAULTS,
  ...FEDERATION_FAULTS,

  ...S3_FAULTS,

  // Ourselves.
  overloaded: {
    status: 503,
    s3Code: 'SlowDown',
    outcome: 'overloaded',
    sentence: 'The bridge is serving as many requests as it may. Slow down and try again.',
    fix: 'Look at `limit` in this line. For inFlight and perCaller add instances, or raise limits.inFlight and limits.perCaller; the other limits are fixed: add instances, or let callers ask for less at once.',
    retryAfterSeconds: 1,
  },
  event_loop_lagging: {
    status: 503,
    s3Code: 'SlowDown',
    outcome: 'overloaded',
    sentence: 'The bridge has more to do than it can. Slow down and try again.',
    fix: 'The process waits too long for its own turns: it needs more CPU or more instances, or lower limits; higher limits would make it worse.',
    retryAfterSeconds: 1,
  },
  internal: {
    status: 500,
    s3Code: 'InternalError',
    outcome: 'internal',
    sentence: 'The bridge failed. Its operator finds the reason under this request ID.',
    fix: 'This is a bug of the bridge: report it with this line.',
  },
} as const satisfies Record<string, FaultRow>;

export type FaultCode = keyof typeof FAULTS;
