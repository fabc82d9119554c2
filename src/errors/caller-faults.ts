// Rows of the fault table for problems with a request, the caller's permissions, or the requested object or listing.
import { invalid } from './fault-row.ts';
import type { FaultRow } from './fault-row.ts';

export const CALLER_FAULTS = {
  // Problems with bytes on a connection that are not a valid HTTP request.
  request_malformed: invalid(
    'BadRequest',
    'The data received is not an HTTP/1.1 request.',
    'No action needed unless the error recurs. `cause` describes the data that was received. A client may be using a different protocol, such as TLS, on this port, or a scanner may be probing the port.',
  ),
  request_headers_too_large: {
    ...invalid(
      'RequestHeaderSectionTooLarge',
      'The request line and headers are longer than 16 KiB.',
      'No action needed: the caller must send smaller headers. Usually, the large headers are cookies, which the bridge ignores.',
    ),
    status: 431,
  },
  request_too_slow: {
    ...invalid(
      'RequestTimeout',
      'The request did not arrive in time.',
      "No action needed unless the error recurs. If it does, a caller's network may be stalling, or a client may be holding connections open.",
    ),
    status: 408,
  },
  host_missing: invalid('BadRequest', 'HTTP/1.1 requires a Host header.'),

  // Problems with the request that the bridge finds before it calls any upstream.
  method_not_allowed: {
    status: 405,
    s3Code: 'MethodNotAllowed',
    outcome: 'invalid_request',
    sentence: 'This bridge is read-only: use GET or HEAD.',
    allow: 'GET, HEAD',
    fix: 'No action needed if the caller tried to write. An OPTIONS request comes from a browser, which checks whether a web page may read the response. To allow the page, add its origin to `cors.origins`.',
  },
  target_not_path: invalid(
    'InvalidURI',
    "The request target must be a path that begins with '/', or an http or https URL.",
  ),
  escape_invalid: invalid(
    'InvalidURI',
    'The path contains an invalid percent-escape: `%` must be followed by two hexadecimal digits, and the decoded path must be UTF-8.',
  ),
  key_holds_nul: invalid('InvalidURI', 'The key contains a NUL byte, which this bridge does not forward.'),
  key_too_long: invalid('KeyTooLongError', 'The key is longer than 1024 bytes in UTF-8.'),
  bucket_name_invalid: invalid(
    'InvalidBucketName',
    'The bucket name is not valid: S3 bucket names have 3 to 63 lowercase letters, digits, dots and hyphens.',
  ),
  parameter_repeated: invalid('InvalidArgument', 'A query parameter is given more than once.'),
  parameter_invalid: invalid(
    'InvalidArgument',
    'A query parameter is missing, or has a value that is not allowed.',
  ),
  header_invalid: invalid(
    'InvalidArgument',
    'An x-amz- header contains characters other than visible ASCII.',
  ),
  not_implemented: {
    status: 501,
    s3Code: 'NotImplemented',
    outcome: 'not_implemented',
    sentence: 'This bridge does not support that operation or query parameter.',
    fix: 'No action needed: docs/reference/http-api.md lists the supported operations.',
  },
  route_unknown: {
    status: 404,
    s3Code: 'NoSuchKey',
    outcome: 'not_found',
    sentence: 'There is no such control route.',
    fix: 'No action needed: docs/reference/http-api.md lists the control routes.',
  },

  // Problems with the caller's permissions.
  not_granted: {
    status: 403,
    s3Code: 'AccessDenied',
    outcome: 'not_granted',
    sentence:
      'You are not allowed to read this. /-/whoami shows your identity and grants. To see why a read is denied, call /-/explain with the bucket and key.',
    fix: 'If this read should be allowed, add a grant for the caller; `fedbridge check FILE --caller CALLER --get BUCKET/KEY` explains why no grant applies. For /-/metrics and /-/egress, add the caller to `operators` instead.',
  },
  owner_mismatch: {
    status: 403,
    s3Code: 'AccessDenied',
    outcome: 'invalid_request',
    sentence: "The bucket's configured owner is not the account in x-amz-expected-bucket-owner.",
    fix: "No action needed if the bucket's `expectedOwner` is right: the caller must correct or omit x-amz-expected-bucket-owner.",
  },
  owner_not_checked: {
    status: 501,
    s3Code: 'NotImplemented',
    outcome: 'not_implemented',
    sentence:
      'The bridge responds to this request without calling S3, so it cannot check x-amz-expected-bucket-owner. Omit the header from this request. The header is checked when you read an object.',
    fix: 'Set `expectedOwner` for the bucket in the configuration. The bridge then compares the header with that account.',
  },
  egress_budget_exceeded: {
    status: 403,
    s3Code: 'EgressBudgetExceeded',
    outcome: 'budget_exceeded',
    sentence:
      'This read would exceed the rest of your egress budget for today. The budget resets at 00:00 UTC. /-/whoami shows how many bytes are left.',
    fix: '`cause` shows the budget, and how many bytes are used, reserved and requested. Check what the caller reads. If the caller needs a larger budget, raise `bytesPerDay` in `budgets` and reload the configuration.',
  },
  caller_is_bridge: {
    status: 403,
    s3Code: 'AccessDenied',
    outcome: 'not_granted',
    sentence: "The bridge's own service account cannot be a caller.",
    fix: 'Use a separate service account for the caller.',
  },
} as const satisfies Record<string, FaultRow>;
